package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/policy"
)

const allEdges = `id agent { name } contact { name } phoneNumber { e164 }
	appointments { service } escalations { reason } recordings { id }`

// withEdges gives each call of org an agent, a contact, a number, and two each
// of what may come of it.
func (a *api) withEdges(t *testing.T, org uuid.UUID, calls []uuid.UUID) {
	t.Helper()
	agent, number := uuid.New(), uuid.New()
	s := a.super(t)
	s.do(`insert into agents (org_id, id, name, role) values ($1, $2, 'Ada', 'inbound')`, org, agent)
	s.do(`insert into phone_numbers (org_id, id, e164) values ($1, $2, $3)`, org, number, fmt.Sprintf("+4420%08d", number.ID()%1e8))
	for i, call := range calls {
		contact := uuid.New()
		s.do(`insert into contacts (org_id, id, name) values ($1, $2, $3)`, org, contact, fmt.Sprintf("contact %d", i))
		s.do(`update call_logs set agent_id = $3, contact_id = $4, phone_number_id = $5 where org_id = $1 and id = $2`, org, call, agent, contact, number)
		for n := range 2 {
			s.do(`insert into appointments (org_id, id, call_id, service, starts_at) values ($1, $2, $3, $4, now() - $5 * interval '1 hour')`,
				org, uuid.New(), call, fmt.Sprintf("service %d-%d", i, 1-n), n)
			s.do(`insert into escalations (org_id, id, call_id, reason, raised_at) values ($1, $2, $3, $4, now() - $5 * interval '1 hour')`,
				org, uuid.New(), call, fmt.Sprintf("reason %d-%d", i, 1-n), n)
			s.do(`insert into recordings (org_id, id, call_id, kind, stored_at) values ($1, $2, $3, $4, now())`,
				org, uuid.Must(uuid.NewV7()), call, []string{"mono", "stereo"}[n])
		}
	}
}

type edgedCall struct {
	ID             string
	Agent, Contact *struct{ Name string }
	PhoneNumber    *struct{ E164 string }
	Appointments   []struct{ Service string }
	Escalations    []struct{ Reason string }
	Recordings     []struct{ ID string }
}

// A page of calls with all that belongs to them takes as many statements as a
// page of one, and each call has its own.
func TestAPageOfCallsLoadsItsEdgesOnce(t *testing.T) {
	t.Parallel()
	sql := &statements{}
	a := newAPIWith(t, apiConfig{tracer: sql})
	org := a.clinic(t, "sunrise")
	calls := a.calls(t, org, 20)
	a.withEdges(t, org, calls)
	nurse := member(org, "sunrise", policy.Staff)
	const list = `query($n: Int!) { calls(first: $n) { nodes { ` + allEdges + ` } } }`
	var got answer
	ask := func(n int) func() {
		return func() { got = a.ask(t, nurse, list, map[string]any{"n": n}) }
	}
	one, all := sql.during(ask(1)), sql.during(ask(20))
	if len(all) != 6 || len(one) != 6 { // an agent's name comes with its call
		t.Errorf("%d statements for one call, %d for twenty, want 6:\n%s", len(one), len(all), strings.Join(all, "\n"))
	}
	var page struct{ Calls struct{ Nodes []edgedCall } }
	got.decode(t, &page)
	if len(page.Calls.Nodes) != 20 {
		t.Fatal(got.Body)
	}
	for i, c := range page.Calls.Nodes {
		checkEdges(t, c, calls[i], i)
	}

	// The same through one call, and through node, which reads edges one by one.
	var single struct{ Call, Node edgedCall }
	a.ask(t, nurse, `query($id: ID!) { call(id: $id) { `+allEdges+` } node(id: $id) { ... on Call { `+allEdges+` } } }`,
		map[string]any{"id": nodeid.Encode("call", calls[3])}).decode(t, &single)
	checkEdges(t, single.Call, calls[3], 3)
	checkEdges(t, single.Node, calls[3], 3)
}

func checkEdges(t *testing.T, c edgedCall, id uuid.UUID, i int) {
	t.Helper()
	if c.ID != nodeid.Encode("call", id) || c.Agent == nil || c.PhoneNumber == nil || c.Contact == nil || c.Contact.Name != fmt.Sprintf("contact %d", i) {
		t.Errorf("call %d: %+v", i, c)
	}
	if len(c.Appointments) != 2 || len(c.Escalations) != 2 || len(c.Recordings) != 2 {
		t.Fatalf("call %d: %+v", i, c)
	}
	for n := range 2 {
		if c.Appointments[n].Service != fmt.Sprintf("service %d-%d", i, n) || c.Escalations[n].Reason != fmt.Sprintf("reason %d-%d", i, n) {
			t.Errorf("call %d: not its own, or out of order: %+v", i, c)
		}
	}
}

// An edge that no decision opens is null and named; one without rows is empty.
func TestEdgesNotDecidedAreNull(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	calls := a.calls(t, org, 2)
	a.withEdges(t, org, calls[:1])
	viewer := member(org, "sunrise", policy.Viewer)
	const list = `{ calls { nodes { ` + allEdges + ` } } }`
	got := a.ask(t, viewer, list, nil)
	if !strings.Contains(got.Body, `"recordings":null`) || !strings.Contains(got.Body, `"Call.recordings"`) || strings.Contains(got.Body, `"recordings":[`) {
		t.Errorf("viewer: %s", got.Body)
	}
	got = a.ask(t, viewer, `query($id: ID!) { node(id: $id) { ... on Call { `+allEdges+` } } }`, map[string]any{"id": nodeid.Encode("call", calls[0])})
	if !strings.Contains(got.Body, `"recordings":null`) || len(got.Errors) > 0 {
		t.Errorf("viewer through node: %s", got.Body)
	}
	got = a.ask(t, member(org, "sunrise", policy.Staff), list, nil)
	if !strings.Contains(got.Body, `"appointments":[],"escalations":[],"recordings":[]`) {
		t.Errorf("staff: %s", got.Body)
	}
}

// An agent comes with its call, or in a statement of its own when more is asked
// of it; either way it is the same one, or none, and only where a grant opens it.
func TestAnAgentComesWithItsCallWhereItMay(t *testing.T) {
	t.Parallel()
	sql := &statements{}
	a := newAPIWith(t, apiConfig{tracer: sql})
	open, closed := a.clinic(t, "sunrise"), a.clinic(t, "harbor")
	for _, org := range []uuid.UUID{open, closed} {
		a.withEdges(t, org, a.calls(t, org, 2)[:1])
	}
	partner := policy.Subject{
		ID: uuid.New(), Kind: policy.Partner, OrgID: uuid.New(), OrgSlug: "bridge", OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Key, ID: "k", Scopes: []string{"call:read", "agent:read"}},
	}
	for org, resources := range map[uuid.UUID][]policy.Resource{open: {policy.Call, policy.Agent}, closed: {policy.Call}} {
		partner.Grants = append(partner.Grants, policy.Grant{
			ID: uuid.New(), OrgID: org, PartnerID: partner.OrgID, Status: policy.OrgActive, Actions: []policy.Action{policy.Read},
			Resources: resources, Starts: time.Now().Add(-time.Hour), Expires: time.Now().Add(time.Hour),
		})
	}
	ask := func(without string) {
		for _, fields := range []string{"id name", "__typename name", "...on Agent { id } name", "id name role"} {
			var got struct {
				Calls struct {
					Nodes []struct {
						OrganizationID string
						Agent          *struct{ ID, Name string }
					}
				}
			}
			var reply answer
			read := sql.during(func() {
				reply = a.ask(t, partner, `{ calls { nodes { organizationId agent { `+fields+` } } } }`, nil)
			})
			reply.decode(t, &got)
			if want := 1 + strings.Count(fields, "role"); len(read) != want {
				t.Errorf("agent { %s }%s: %d statements, want %d", fields, without, len(read), want)
			}
			named := 0
			for _, n := range got.Calls.Nodes {
				if n.Agent != nil && n.Agent.Name == "Ada" && n.OrganizationID == nodeid.Encode("organization", open) {
					named++
				} else if n.Agent != nil {
					t.Errorf("agent { %s }%s: %+v", fields, without, n)
				}
			}
			if len(got.Calls.Nodes) != 4 || named != 1 {
				t.Errorf("agent { %s }%s: %s", fields, without, reply.Body)
			}
		}
	}
	ask("")
	// The join has a wall of its own: the same without row-level security.
	for _, table := range []string{"agents", "call_logs"} {
		a.Exec(t, `alter table `+table+` no force row level security, disable row level security`)
	}
	ask(" without row-level security")
}
