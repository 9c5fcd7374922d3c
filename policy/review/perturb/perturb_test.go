package perturb_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/perturb"
)

var (
	clinic = uuid.MustParse("018f0000-0000-7000-8000-00000000000a")
	other  = uuid.MustParse("018f0000-0000-7000-8000-00000000000b")
	bridge = uuid.MustParse("018f0000-0000-7000-8000-00000000000e")
	person = uuid.MustParse("018f0000-0000-7000-8000-000000000001")
	row    = uuid.MustParse("018f0000-0000-7000-8000-0000000000f1")
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// whole is a question with a fact of every sort, in the clinic that it is about
// and in another.
func whole() policy.Request {
	q := policy.Request{
		Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{clinic}, Operation: "Calls", Now: noon,
		Subject: policy.Subject{
			ID: person, Kind: policy.Partner, OrgID: bridge, OrgStatus: policy.OrgActive,
			Credential: policy.Credential{Type: policy.Key, Scopes: []string{"call:read", "contact:read"}},
		},
	}
	for _, org := range []uuid.UUID{clinic, other} {
		q.Subject.Memberships = append(q.Subject.Memberships, policy.Membership{OrgID: org, Role: policy.Staff, Status: policy.OrgActive})
		q.Subject.Grants = append(q.Subject.Grants, policy.Grant{
			ID: row, OrgID: org, PartnerID: bridge, Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Call},
			Masks:  map[policy.Resource][]string{policy.Call: {"transcript"}},
			Starts: noon.Add(-time.Hour), Expires: noon.Add(time.Hour), Status: policy.OrgActive,
		})
		q.Subject.BreakGlass = append(q.Subject.BreakGlass, policy.BreakGlass{
			ID: row, OrgID: org, Approved: true, ApproverID: other, Starts: noon.Add(-20 * time.Minute), Expires: noon.Add(20 * time.Minute),
			Status: policy.OrgActive,
		})
	}
	return q
}

// Every field of the document that is not an id of a row or the clock is changed
// by something, each change tells in the document, and none touches the original.
func TestEveryFieldIsChanged(t *testing.T) {
	t.Parallel()
	q := whole()
	before := opa.WriteInput(q)
	changed := map[string]bool{}
	n := 0
	for c := range perturb.Of(q) {
		n++
		after := opa.WriteInput(c.Request)
		if string(after) == string(before) {
			t.Errorf("%s (if %s) changes nothing that a policy sees", c.Field, c.Says)
		}
		if c.Sort != perturb.NewFact && c.Field != "orgs" {
			differing(t, before, after, changed)
		}
		if !reflect.DeepEqual(q, whole()) {
			t.Fatalf("%s (if %s) changes the original", c.Field, c.Says)
		}
	}
	want := map[string]bool{}
	var document any
	if err := json.Unmarshal(before, &document); err != nil {
		t.Fatal(err)
	}
	leaves(document, "", func(path string) { want[path] = true })
	for path := range want {
		if !changed[path] && !slices.Contains([]string{".now", ".orgs[]", ".subject.grants.*[].id", ".subject.break_glass.*[].id"}, path) {
			t.Errorf("nothing changes %s", path)
		}
	}
	if n < 90 || len(want) < 25 {
		t.Errorf("%d changes of %d fields", n, len(want))
	}
}

// What is not asked for cannot matter, and is left alone.
func TestFactsOfOtherOrganizationsAreLeftAlone(t *testing.T) {
	t.Parallel()
	q := whole()
	for c := range perturb.Of(q) {
		if c.Org == other || strings.Contains(c.Says, other.String()) {
			t.Errorf("if %s", c.Says)
		}
	}
}

// leaves calls found with the path of every value in a document; ids of orgs that
// are names of fields count as one.
func leaves(doc any, path string, found func(string)) {
	switch doc := doc.(type) {
	case map[string]any:
		for name, v := range doc {
			if _, err := uuid.Parse(name); err == nil {
				name = "*"
			}
			leaves(v, path+"."+name, found)
		}
	case []any:
		found(path + "[]")
		for _, v := range doc {
			if _, ok := v.(map[string]any); ok {
				leaves(v, path+"[]", found)
			}
		}
	default:
		found(path)
	}
}

// differing notes the paths at which two documents differ.
func differing(t *testing.T, a, b []byte, found map[string]bool) {
	t.Helper()
	var before, after any
	for text, to := range map[*[]byte]*any{&a: &before, &b: &after} {
		if err := json.Unmarshal(*text, to); err != nil {
			t.Fatal(err)
		}
	}
	compare(before, after, "", found)
}

func compare(a, b any, path string, found map[string]bool) {
	was, isMap := a.(map[string]any)
	is, stillMap := b.(map[string]any)
	if isMap && stillMap {
		for name := range was {
			at := name
			if _, err := uuid.Parse(name); err == nil {
				at = "*"
			}
			compare(was[name], is[name], path+"."+at, found)
		}
		return
	}
	list, isList := a.([]any)
	other, stillList := b.([]any)
	if isList && stillList {
		if !reflect.DeepEqual(list, other) {
			found[path+"[]"] = true
		}
		for i := range min(len(list), len(other)) {
			compare(list[i], other[i], path+"[]", found)
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		found[path] = true
	}
}
