package opa

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy"
)

const nothingAllowed = `{"allow": false, "wide": false, "reason": "default_deny", "org_ids": [], "masks": {}, "obligations": []}`

// FuzzReadVerdict: an answer is read when it is exactly what was agreed, as the
// model here has it, and is then written the same; any other is errShape.
func FuzzReadVerdict(f *testing.F) {
	for _, answer := range []string{
		nothingAllowed,
		`{"allow": true, "wide": false, "reason": "member", "org_ids": ["0199e7c4-7e38-7f4b-9d36-0a6f3f1c2b5d"], "masks": {"call": {"transcript", "summary"}}, "obligations": {"mfa"}}`,
		`{"allow": "true", "wide": false, "reason": "member", "org_ids": [], "masks": {}, "obligations": []}`,
		`{"allow": true, "wide": false, "reason": "member", "org_ids": ["{0199e7c4-7e38-7f4b-9d36-0a6f3f1c2b5d}"], "masks": {}, "obligations": []}`,
		`{"allow": true, "wide": false, "reason": "member", "org_ids": ["0199E7C47E387F4B9D360A6F3F1C2B5D"], "masks": {}, "obligations": []}`,
		`{"allow": true, "wide": false, "reason": "member", "org_ids": ["*"], "masks": {}, "obligations": []}`,
		`{"allow": true, "wide": false, "reason": null, "org_ids": [], "masks": [], "obligations": []}`,
		`{"allow": true, "wide": false, "reason": "member", "org_ids": "*", "masks": {}, "obligations": []}`,
		`{"allow": true, "wide": false, "reason": "member", "orgs": [], "masks": {}, "obligations": []}`,
		`{"allow": true, "wide": false, "reason": "member", "org_ids": [], "masks": {1: ["transcript"]}, "obligations": []}`,
		`{"allow": true, "wide": false, "reason": "member", "org_ids": [], "masks": {"call": "transcript"}, "obligations": [7]}`,
		`{"allow": true}`, `{}`, `[]`, `null`, `true`, `{1}`, `""`,
	} {
		f.Add(answer)
	}
	f.Fuzz(func(t *testing.T, text string) {
		term, err := ast.ParseTerm(text)
		if err != nil || !term.IsGround() {
			return // no answer of a policy
		}
		got, err := readVerdict(term.Value)
		want, agreed := verdictModel(term.Value)
		switch {
		case agreed && err != nil:
			t.Fatalf("%s is refused: %v", text, err)
		case !agreed && (err == nil || !errors.Is(err, errShape)):
			t.Fatalf("%s reads as %+v, %v", text, got, err)
		case !agreed && cmp.Diff(policy.Verdict{}, got) != "":
			t.Fatalf("%s is refused and leaves %+v", text, got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-model +read):\n%s", text, diff)
		}
	})
}

var canonicalID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// verdictModel is what the contract of policy/rego says of an answer: six
// fields by their names, two booleans, a string, two lists of strings of which
// the one holds ids, and an object of lists.
func verdictModel(answer ast.Value) (policy.Verdict, bool) {
	fields, ok := members(answer)
	if !ok || !slices.Equal(slices.Sorted(maps.Keys(fields)), []string{"allow", "masks", "obligations", "org_ids", "reason", "wide"}) {
		return policy.Verdict{}, false
	}
	allow, isBool := fields["allow"].(ast.Boolean)
	wide, isBoolToo := fields["wide"].(ast.Boolean)
	reason, isString := fields["reason"].(ast.String)
	ids, areStrings := stringList(fields["org_ids"])
	obligations, areToo := stringList(fields["obligations"])
	masks, isObject := members(fields["masks"])
	if !isBool || !isBoolToo || !isString || !areStrings || !areToo || !isObject {
		return policy.Verdict{}, false
	}
	v := policy.Verdict{Allow: bool(allow), Wide: bool(wide), Reason: string(reason), Obligations: obligations, Masks: map[policy.Resource][]string{}}
	for _, id := range ids {
		if !canonicalID.MatchString(id) {
			return policy.Verdict{}, false
		}
		v.OrgIDs = append(v.OrgIDs, uuid.MustParse(id))
	}
	for resource, hidden := range masks {
		if v.Masks[policy.Resource(resource)], ok = stringList(hidden); !ok {
			return policy.Verdict{}, false
		}
	}
	return v, true
}

func members(v ast.Value) (map[string]ast.Value, bool) {
	object, ok := v.(ast.Object)
	if !ok {
		return nil, false
	}
	out := map[string]ast.Value{}
	for _, key := range object.Keys() {
		name, ok := key.Value.(ast.String)
		if !ok {
			return nil, false
		}
		out[string(name)] = object.Get(key).Value
	}
	return out, true
}

func stringList(v ast.Value) (out []string, ok bool) {
	var elements []*ast.Term
	switch list := v.(type) {
	case *ast.Array:
		for i := range list.Len() {
			elements = append(elements, list.Elem(i))
		}
	case ast.Set:
		elements = list.Slice()
	default:
		return nil, false
	}
	for _, e := range elements {
		s, ok := e.Value.(ast.String)
		if !ok {
			return nil, false
		}
		out = append(out, string(s))
	}
	return out, true
}
