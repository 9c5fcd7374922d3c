package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy"
)

// A word that is declared is on the list of its kind, by which policies are
// checked.
func TestEveryWordIsListed(t *testing.T) {
	t.Parallel()
	declared := map[string][]string{}
	for _, file := range []string{"resource.go", "subject.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			kind, typed := spec.Type.(*ast.Ident)
			word, literal := spec.Values[0].(*ast.BasicLit)
			if typed && literal {
				text, err := strconv.Unquote(word.Value)
				if err != nil {
					t.Fatal(err)
				}
				declared[kind.Name] = append(declared[kind.Name], text)
			}
			return false
		})
	}
	listed := map[string][]string{
		"Resource": words(policy.Resources()), "Action": words(policy.Actions()), "Kind": words(policy.Kinds()),
		"Role": words(policy.Roles()), "OrgStatus": words(policy.OrgStatuses()), "CredentialType": words(policy.CredentialTypes()),
	}
	for _, all := range []map[string][]string{declared, listed} {
		for kind := range all {
			slices.Sort(all[kind])
		}
	}
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Errorf("declared (-) and listed (+):\n%s", diff)
	}
}

func words[T ~string](all []T) []string {
	out := make([]string, 0, len(all))
	for _, w := range all {
		out = append(out, string(w))
	}
	return out
}
