package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// everybody has a fact of every sort, two of them for one clinic.
func everybody() policy.Subject {
	north := uuid.MustParse("018f0000-0000-7000-8000-00000000000c")
	return policy.Subject{
		ID: person, Kind: policy.Partner, OrgID: bridge, OrgSlug: "bridge-ehr",
		Memberships: []policy.Membership{{OrgID: sunrise, Slug: "sunrise-dental", Status: policy.OrgClosed}},
		Grants:      []policy.Grant{{OrgID: harbor, Slug: "harbor-skin", Revoked: true}, {OrgID: sunrise, Slug: "sunrise-dental"}},
		BreakGlass:  []policy.BreakGlass{{OrgID: north, Slug: "northside-physio", Ended: true}, {OrgID: uuid.Nil, Slug: "nowhere"}},
	}
}

// Proven is what may be chosen among, not what is allowed there: a fact that no
// longer allows anything still makes the refusal an honest one.
func TestProvenOrgsAreThoseOfTheFacts(t *testing.T) {
	t.Parallel()
	north := uuid.MustParse("018f0000-0000-7000-8000-00000000000c")
	if diff := cmp.Diff([]uuid.UUID{bridge, sunrise, harbor, north}, everybody().Proven()); diff != "" {
		t.Error(diff)
	}
	if got := (policy.Subject{}).Proven(); len(got) > 0 {
		t.Errorf("nobody proves %v", got)
	}
}

func TestOnlyProvenOrgsCanBeNamed(t *testing.T) {
	t.Parallel()
	s := everybody()
	for name, want := range map[string]uuid.UUID{
		"bridge-ehr":           bridge,
		bridge.String():        bridge,
		"sunrise-dental":       sunrise,
		sunrise.String():       sunrise,
		"harbor-skin":          harbor,
		"northside-physio":     uuid.MustParse("018f0000-0000-7000-8000-00000000000c"),
		"":                     uuid.Nil,
		"nowhere":              uuid.Nil,
		uuid.Nil.String():      uuid.Nil,
		"another-clinic":       uuid.Nil,
		second.String():        uuid.Nil,
		"sunrise-dental ":      uuid.Nil,
		"SUNRISE-DENTAL":       uuid.Nil,
		"sunrise-dental,x":     uuid.Nil,
		"{" + sunrise.String(): uuid.Nil,
	} {
		id, ok := s.OrgNamed(name)
		if id != want || ok != (want != uuid.Nil) {
			t.Errorf("%q names %s, %v", name, id, ok)
		}
	}
	if id, ok := (policy.Subject{}).OrgNamed(""); ok || id != uuid.Nil {
		t.Errorf("nobody names %s", id)
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for _, s := range []policy.Subject{{}, {ID: person}, {Kind: policy.Member}} {
		if s.Known() {
			t.Errorf("%+v is known", s)
		}
	}
	if !member().Known() {
		t.Error("a member is not known")
	}
	if policy.Resource("users").Known() || policy.Resource("").Known() || len(policy.Resource("users").Maskable()) > 0 {
		t.Error("a row type that is not ours is known")
	}
	for _, r := range policy.Resources() {
		if !r.Known() {
			t.Errorf("%s is listed and not known", r)
		}
	}
}
