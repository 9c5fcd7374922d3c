package policy_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// decide is what the envelope lets through of a verdict for these orgs.
func decide(t *testing.T, s policy.Subject, a policy.Action, r policy.Resource, orgs ...uuid.UUID) policy.Decision {
	t.Helper()
	d := policy.Judge(policy.Request{Subject: s, Action: a, Resource: r, Orgs: orgs, Now: noon},
		policy.Verdict{Allow: true, OrgIDs: orgs, Wide: len(orgs) == 0}, policy.Evidence{})
	if !d.Allowed() {
		t.Fatalf("%s %s: %s", a, r, d.Reason())
	}
	return d
}

func TestAScopeIsTheSumOfItsDecisions(t *testing.T) {
	t.Parallel()
	s := member(role(policy.Viewer))
	s.Memberships = append(s.Memberships, policy.Membership{OrgID: harbor, Role: policy.Owner, Status: policy.OrgActive})
	scope := policy.NewScope(s,
		decide(t, s, policy.Read, policy.Call, sunrise),
		decide(t, s, policy.Read, policy.Call, harbor, sunrise),
		decide(t, s, policy.Update, policy.Contact, harbor),
	)
	if got := scope.Orgs(policy.Read, policy.Call); !cmp.Equal(got, []uuid.UUID{sunrise, harbor}) {
		t.Errorf("reads calls in %v", got)
	}
	if got := scope.Masked(policy.Call); len(got) != 2 || !slices.Contains(got, "transcript") || !slices.Contains(got, "structured_data") {
		t.Errorf("hides %v", got)
	}
	if scope.Subject().ID != person || !scope.May(policy.Update, policy.Contact) {
		t.Error("subject or right lost")
	}
	for _, no := range []struct {
		action   policy.Action
		resource policy.Resource
	}{{policy.Read, policy.Contact}, {policy.Update, policy.Call}, {policy.Delete, policy.Contact}, {policy.Ingest, policy.Call}} {
		if scope.May(no.action, no.resource) || len(scope.Orgs(no.action, no.resource)) > 0 {
			t.Errorf("may %s %s", no.action, no.resource)
		}
	}
	if scope.Wide(policy.Call) {
		t.Error("is wide")
	}
	seen := map[string]int{}
	scope.Each(func(a policy.Action, r policy.Resource, orgs []uuid.UUID) { seen[string(a)+" "+string(r)] = len(orgs) })
	if diff := cmp.Diff(map[string]int{"read call": 2, "update contact": 1}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestIngestCoversAllButDeleting(t *testing.T) {
	t.Parallel()
	s := system()
	s.Credential.Scopes = []string{"call:ingest"}
	scope := policy.NewScope(s, decide(t, s, policy.Ingest, policy.Call, sunrise))
	for action, want := range map[policy.Action]bool{
		policy.Read: true, policy.Create: true, policy.Update: true, policy.Delete: false, policy.Ingest: false,
	} {
		if got := scope.May(action, policy.Call); got != want {
			t.Errorf("%s: %v", action, got)
		}
	}
}

func TestWideIsForReading(t *testing.T) {
	t.Parallel()
	s := policy.Subject{ID: person, Kind: policy.Auditor}
	scope := policy.NewScope(s, decide(t, s, policy.Read, policy.AuditDecision))
	if !scope.Wide(policy.AuditDecision) || !scope.May(policy.Read, policy.AuditDecision) || scope.May(policy.Update, policy.AuditDecision) {
		t.Error("an auditor reads audit records in every org, and nothing else")
	}
	var wide []policy.Resource
	scope.EachWide(func(r policy.Resource) { wide = append(wide, r) })
	if !cmp.Equal(wide, []policy.Resource{policy.AuditDecision}) {
		t.Errorf("wide over %v", wide)
	}
	scope.Each(func(a policy.Action, r policy.Resource, orgs []uuid.UUID) { t.Errorf("%s %s in %v", a, r, orgs) })

	// To write in every org is to call a function of the database: no table opens.
	security := policy.Subject{ID: person, Kind: policy.Security}
	scope = policy.NewScope(security, decide(t, security, policy.Update, policy.PolicyRevision))
	if scope.Wide(policy.PolicyRevision) || scope.May(policy.Read, policy.PolicyRevision) || scope.May(policy.Update, policy.PolicyRevision) {
		t.Error("to ship a policy opens its table")
	}
}

// What was refused, and what was decided for somebody else, adds nothing.
func TestAScopeTakesNoStrangersDecision(t *testing.T) {
	t.Parallel()
	own := member()
	stranger := with(member(func(m *policy.Membership) { m.OrgID = harbor }), func(s *policy.Subject) { s.ID = second })
	auditor := policy.Subject{ID: second, Kind: policy.Auditor}
	refused := policy.Deny(policy.Request{Subject: own, Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{sunrise}}, "no", policy.Evidence{})
	scope := policy.NewScope(own, refused, policy.Decision{},
		decide(t, stranger, policy.Read, policy.Call, harbor), decide(t, auditor, policy.Read, policy.AuditDecision))
	scope.Each(func(a policy.Action, r policy.Resource, orgs []uuid.UUID) { t.Errorf("%s %s in %v", a, r, orgs) })
	scope.EachWide(func(r policy.Resource) { t.Errorf("wide over %s", r) })
}

func TestTheZeroScopeReachesNothing(t *testing.T) {
	t.Parallel()
	var scope policy.Scope
	if scope.May(policy.Read, policy.Call) || scope.Wide(policy.Call) || len(scope.Orgs(policy.Read, policy.Call)) > 0 || scope.Subject().Known() {
		t.Errorf("%+v", scope)
	}
}

func TestAContextHasAScopeOrAnError(t *testing.T) {
	t.Parallel()
	if got, err := policy.ScopeFrom(t.Context()); !errors.Is(err, policy.ErrNoScope) || got.Subject().Known() {
		t.Errorf("%+v, %v", got, err)
	}
	ctx := policy.WithScope(t.Context(), policy.NewScope(member()))
	if got, err := policy.ScopeFrom(ctx); err != nil || got.Subject().ID != person {
		t.Errorf("%+v, %v", got, err)
	}
}
