package graph_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
)

// eventually waits until something holds, and fails after a second: that is how
// soon an attempt must be seen.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("not within a second: %s", what)
		case <-tick.C:
		}
	}
}

// platformStaff is one of the platform's own people.
func platformStaff(kind policy.Kind) policy.Subject {
	return policy.Subject{ID: uuid.Must(uuid.NewV7()), Kind: kind, Credential: policy.Credential{Type: policy.JWT, ID: "p", MFA: true}}
}

type decisionShown struct {
	ID, OrganizationID, SubjectID, SubjectKind, Action, Resource, Reason string
	AskedOrganizationIds, OrganizationIds                                []string
	Allow                                                                bool
}

// decisionsShown are the decisions that somebody reads.
func (a *api) decisionsShown(t *testing.T, who policy.Subject, where map[string]any) []decisionShown {
	t.Helper()
	var out struct {
		AuditDecisions struct{ Nodes []decisionShown }
	}
	a.ask(t, who, `query($w: AuditDecisionWhere) { auditDecisions(first: 100, where: $w) { nodes {
		id organizationId subjectId subjectKind action resource reason askedOrganizationIds organizationIds allow } } }`,
		map[string]any{"w": where}).decode(t, &out)
	return out.AuditDecisions.Nodes
}

// Somebody of Sunrise asks for a call of Harbor by its id. Sunrise's answer is
// that of a call that never was; within a second the security team and Harbor
// know of the attempt, and Harbor is not told where it came from.
func TestACrossClinicAttemptIsSeen(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	theirs := member(c.other, "harbor", policy.Admin)
	security := platformStaff(policy.Security)
	call := nodeid.Encode("call", c.calls(t, c.other, 1)[0])
	got := c.ask(t, c.staff, `query Peek($id: ID!) { call(id: $id) { id } }`, map[string]any{"id": call})
	if string(got.Data) != `{"call":null}` {
		t.Errorf("%s", got.Body)
	}
	attempts := map[string]any{"crossClinic": true}
	eventually(t, "the security team sees it", func() bool { return len(c.decisionsShown(t, security, attempts)) == 1 })

	sunrise, harbor := nodeid.Encode("organization", c.own), nodeid.Encode("organization", c.other)
	want := decisionShown{
		OrganizationID: harbor, SubjectID: nodeid.Encode("user", c.staff.ID), SubjectKind: "member", Action: "read", Resource: "call",
		Reason: "foreign_row", AskedOrganizationIds: []string{sunrise}, OrganizationIds: []string{},
	}
	seen := c.decisionsShown(t, security, attempts)[0]
	want.ID = seen.ID
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("the security team: %s", diff)
	}
	victim := c.decisionsShown(t, theirs, attempts)
	want.AskedOrganizationIds = []string{}
	if diff := cmp.Diff([]decisionShown{want}, victim); diff != "" {
		t.Errorf("Harbor's admin: %s", diff)
	}
	if own := c.decisionsShown(t, c.admin, attempts); len(own) != 0 {
		t.Errorf("Sunrise's admin sees Harbor's record: %+v", own)
	}
	node := c.ask(t, c.admin, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": seen.ID})
	if string(node.Data) != `{"node":null}` {
		t.Errorf("by its id: %s", node.Body)
	}
}

// A partner asks about two clinics at once: each sees the decision, and neither
// sees the other in it.
func TestADecisionAboutTwoClinicsNamesEachItsOwn(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	bridge := c.partner(policy.Grant{
		Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Call}, Expires: time.Now().Add(time.Hour),
	}, "call:read").Subject
	second := bridge.Grants[0]
	second.OrgID, second.Slug = c.other, "harbor"
	bridge.Grants = append(bridge.Grants, second)
	request := graph.Request{Subject: bridge, Orgs: []uuid.UUID{c.own, c.other}, Origin: audit.Origin{RequestID: "r-two"}}
	c.askWith(t, request, `{ calls { totalCount } }`, nil).decode(t, &struct{}{})

	two := map[string]any{"requestId": "r-two"}
	both := []string{nodeid.Encode("organization", c.own), nodeid.Encode("organization", c.other)}
	for _, tc := range []struct {
		who  policy.Subject
		want []string
	}{
		{c.admin, both[:1]},
		{member(c.other, "harbor", policy.Admin), both[1:]},
		{platformStaff(policy.Auditor), both},
	} {
		got := c.decisionsShown(t, tc.who, two)
		if len(got) != 1 || got[0].OrganizationID != "" || got[0].SubjectID != nodeid.Encode("api_key", bridge.ID) ||
			cmp.Diff(tc.want, got[0].AskedOrganizationIds) != "" || cmp.Diff(tc.want, got[0].OrganizationIds) != "" {
			t.Errorf("%s reads %+v", tc.who.Kind, got)
		}
	}
	if got := c.decisionsShown(t, member(c.clinic(t, "northside"), "northside", policy.Admin), two); len(got) != 0 {
		t.Errorf("a third clinic reads %+v", got)
	}
}

// Decisions page by page, the latest first, each once; and what they are found by.
func TestReadingDecisions(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for range 3 {
		c.ask(t, c.staff, `{ calls { totalCount } contacts { totalCount } }`, nil)
	}
	c.ask(t, c.viewer, `mutation { createContact(input: {name: "x"}) { contact { id } } }`, nil)
	auditor := platformStaff(policy.Auditor)
	var seen []string
	var after any
	for range 3 {
		var p struct {
			AuditDecisions struct {
				Nodes    []struct{ ID, At, Hash string }
				PageInfo struct{ EndCursor string }
			}
		}
		c.ask(t, auditor, `query($after: String) { auditDecisions(first: 2, after: $after, where: {subjectId: "`+nodeid.Encode("user", c.staff.ID)+`"}) {
			nodes { id at hash masks chain seq revision } pageInfo { endCursor } } }`, map[string]any{"after": after}).decode(t, &p)
		for _, n := range p.AuditDecisions.Nodes {
			if len(n.Hash) != 64 {
				t.Errorf("hash %q", n.Hash)
			}
			seen = append(seen, n.ID)
		}
		after = p.AuditDecisions.PageInfo.EndCursor
	}
	unique := map[string]bool{}
	for _, id := range seen {
		unique[id] = true
	}
	if len(unique) != 6 || len(seen) != 6 {
		t.Errorf("pages hold %v", seen)
	}
	viewer := nodeid.Encode("user", c.viewer.ID)
	for _, tc := range []struct {
		where map[string]any
		want  int
	}{
		{map[string]any{"subjectId": viewer}, 2}, // to create, and to read what was created
		{map[string]any{"subjectId": viewer, "allow": false}, 1},
		{map[string]any{"subjectId": viewer, "action": "CREATE", "resource": "contact", "reason": "role_lacks_right"}, 1},
		{map[string]any{"subjectId": viewer, "crossClinic": true}, 0},
		{map[string]any{"subjectId": viewer, "after": time.Now().Add(time.Minute)}, 0},
		{map[string]any{"subjectId": viewer, "before": time.Now().Add(time.Minute)}, 2},
		{map[string]any{"subjectId": "nobody"}, 0},
		{map[string]any{"subjectId": viewer, "requestId": "r-other"}, 0},
	} {
		if got := c.decisionsShown(t, c.admin, tc.where); len(got) != tc.want {
			t.Errorf("%v finds %d: %+v", tc.where, len(got), got)
		}
	}
	if got := c.ask(t, c.staff, `{ auditDecisions { totalCount } }`, nil); got.code() != "FORBIDDEN" {
		t.Errorf("staff: %s", got.Body)
	}
	if got := c.decisionsShown(t, member(c.other, "harbor", policy.Owner), map[string]any{"subjectId": viewer}); len(got) != 0 {
		t.Errorf("a neighbour reads %+v", got)
	}
}
