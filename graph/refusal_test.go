package graph_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
)

// clinicPair is a clinic with a member of each role, and a neighbour.
type clinicPair struct {
	*api
	own, other                  uuid.UUID
	owner, admin, staff, viewer policy.Subject
}

func newClinicPair(t *testing.T) clinicPair {
	t.Helper()
	a := newAPI(t)
	c := clinicPair{api: a, own: a.clinic(t, "sunrise"), other: a.clinic(t, "harbor")}
	for role, who := range map[policy.Role]*policy.Subject{
		policy.Owner: &c.owner, policy.Admin: &c.admin, policy.Staff: &c.staff, policy.Viewer: &c.viewer,
	} {
		*who = member(c.own, "sunrise", role)
	}
	return c
}

// row inserts a row past every wall and returns the id that the outside sees.
func (a *api) row(t *testing.T, prefix, table string, org uuid.UUID, columns map[string]any) string {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	names, places := "org_id, id", "$1, $2"
	args := []any{org, id}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		args = append(args, columns[name])
		names += ", " + name
		places += ", $" + string(rune('0'+len(args)))
	}
	a.Exec(t, "insert into "+table+" ("+names+") values ("+places+")", args...)
	return nodeid.Encode(prefix, id)
}

// rowID is the id in the database of an id that the outside sees.
func rowID(t *testing.T, id string) uuid.UUID {
	t.Helper()
	_, row, err := nodeid.Decode(id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// refuses holds a mutation of $id to what every mutation of a row owes: another
// clinic's row and one that never was are the same NOT_FOUND to the byte, so is
// an id of another type; a viewer is refused, and that is on record.
func (c clinicPair) refuses(t *testing.T, who policy.Subject, document string, variables map[string]any, foreign string) {
	t.Helper()
	prefix, _, err := nodeid.Decode(foreign)
	if err != nil {
		t.Fatal(err)
	}
	with := func(id string) map[string]any {
		v := map[string]any{"id": id}
		maps.Copy(v, variables)
		return v
	}
	theirs := c.ask(t, who, document, with(foreign))
	if theirs.code() != "NOT_FOUND" || string(theirs.Data) != "null" {
		t.Errorf("a foreign row: %s", theirs.Body)
	}
	for _, id := range []string{nodeid.Encode(prefix, uuid.Must(uuid.NewV7())), "nonsense", nodeid.Encode("user", c.own)} {
		if absent := c.ask(t, who, document, with(id)); absent.Body != theirs.Body || absent.Status != theirs.Status {
			t.Errorf("foreign %s\nabsent %s", theirs.Body, absent.Body)
		}
	}
	before := c.count(t, `select count(*) from audit_decisions where not allow and subject_id = $1`, c.viewer.ID)
	if got := c.ask(t, c.viewer, document, with(foreign)); got.code() != "FORBIDDEN" {
		t.Errorf("a viewer: %s", got.Body)
	}
	after := c.count(t, `select count(*) from audit_decisions where not allow and subject_id = $1`, c.viewer.ID)
	if after == before {
		t.Error("the viewer's refusal is not on record")
	}
}

// recorded counts the records of an allowed decision of who.
func (c clinicPair) recorded(t *testing.T, who policy.Subject, a policy.Action, r policy.Resource) int {
	t.Helper()
	return c.count(t, `select count(*) from audit_decisions where allow and subject_id = $1 and action = $2 and resource = $3
		and org_id = $4 and chain = 'org:' || $4::text`, who.ID, string(a), string(r), c.own)
}

// partner is a key of a partner that the clinic granted something.
func (c clinicPair) partner(grant policy.Grant, scopes ...string) graph.Request {
	s := policy.Subject{
		ID: uuid.Must(uuid.NewV7()), Kind: policy.Partner, OrgID: uuid.Must(uuid.NewV7()), OrgSlug: "bridge", OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Key, ID: "k", Scopes: scopes},
	}
	grant.OrgID, grant.PartnerID, grant.Slug, grant.Status = c.own, s.OrgID, "sunrise", policy.OrgActive
	s.Grants = []policy.Grant{grant}
	return graph.Request{Subject: s, Orgs: []uuid.UUID{c.own}}
}
