package domain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/voxanne/cascade/policy/review/domain"
)

// Every constant that package policy declares is in a list here, and nothing
// else is.
func TestTheListsAreWhole(t *testing.T) {
	t.Parallel()
	declared := constants(t)
	for name, listed := range map[string][]string{
		"Kind":           texts(domain.Kinds()),
		"Role":           texts(domain.Roles()),
		"OrgStatus":      texts(domain.Statuses()),
		"CredentialType": texts(domain.Credentials()),
		"Action":         texts(domain.Actions()),
		"Resource":       texts(domain.Resources()),
	} {
		want := declared[name]
		slices.Sort(want)
		slices.Sort(listed)
		if len(want) == 0 || !slices.Equal(want, listed) {
			t.Errorf("%s: policy declares %v, and %v are listed", name, want, listed)
		}
	}
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// constants reads the typed string constants off package policy's source.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, file := range []string{"../../subject.go", "../../resource.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil || len(spec.Values) != 1 {
				return true
			}
			kind, isName := spec.Type.(*ast.Ident)
			value, isText := spec.Values[0].(*ast.BasicLit)
			if isName && isText {
				text, err := strconv.Unquote(value.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[kind.Name] = append(found[kind.Name], text)
			}
			return true
		})
	}
	return found
}

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		domain.List(nil):                                        "",
		domain.List([]string{"a"}):                              "a",
		domain.List([]string{"a", "b", "c"}):                    "a, b and c",
		domain.Few([]string{"a", "b", "c", "d"}, 2, "row type"): "a, b and 2 more row types",
		domain.Count(1, "cell"):                                 "1 cell",
		domain.Span(-40 * time.Second):                          "40 seconds",
		domain.Span(59 * time.Minute):                           "59 minutes",
		domain.Span(47 * time.Hour):                             "47 hours",
		domain.Span(49 * time.Hour):                             "2 days",
		domain.Rows("access_grant"):                             "access grants",
		domain.After([]string{"x", "y"}, "y"):                   "x",
		domain.Scope("read", "call"):                            "call:read",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
