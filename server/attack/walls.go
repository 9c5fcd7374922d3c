package attack

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/stage"
)

// Wall is one of the things that stand between two clinics.
type Wall string

// The walls. The fourth, ent's rules, is a variable of each generated package
// and falls for the whole process: package unruled takes it down.
const (
	RowSecurity   Wall = "row-level security"
	CompositeKeys Wall = "composite keys"
	// Decisions fall to a policy that allows everything in every org asked for,
	// and everything everywhere to the platform's people.
	Decisions Wall = "decisions"
	// Envelope is Decisions with a policy that also answers with everybody's orgs.
	Envelope Wall = "decisions for all orgs"
)

// Without is a server with these walls down, each proved to be, and what to
// attack it with.
func Without(t testing.TB, walls ...Wall) Config {
	t.Helper()
	s := stage.Prepare(t)
	c := Config{Stage: s, World: stage.Populate(t, s), Quick: true}
	c.Keys = referencesOf(t, s)
	for _, wall := range walls {
		switch wall {
		case RowSecurity:
			s.Exec(t, `do $$ declare t regclass; begin
				for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity loop
					execute format('alter table %s no force row level security, disable row level security', t); end loop; end $$`)
		case CompositeKeys:
			s.Exec(t, `do $$ declare k record; begin
				for k in select conrelid::regclass as t, conname from pg_constraint where contype = 'f' and cardinality(conkey) = 2 loop
					execute format('alter table %s drop constraint %I', k.t, k.conname); end loop; end $$`)
		case Decisions:
			c.Undecided, s.Deps.Policies = true, open(t, "input.orgs")
		case Envelope:
			var ids []string
			for _, clinic := range c.World.Clinics() {
				ids = append(ids, fmt.Sprintf("%q", clinic.ID))
			}
			c.Undecided, s.Deps.Policies = true, open(t, "["+strings.Join(ids, ", ")+"]")
		default:
			t.Fatalf("no such wall: %s", wall)
		}
	}
	s.Start(t)
	for _, wall := range walls {
		c.probe(t, wall)
	}
	return c
}

// referencesOf are the references between rows, while their keys are there.
func referencesOf(t testing.TB, s *stage.Stage) []Reference {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	l, err := newLedger(t.Context(), conn, &stage.World{A: &stage.Clinic{}, B: &stage.Clinic{}, C: &stage.Clinic{}})
	if err != nil {
		t.Fatal(err)
	}
	return l.keys
}

// open is a policy that allows everything, in the orgs that an expression gives.
func open(t testing.TB, orgs string) fs.FS {
	t.Helper()
	schema, err := fs.ReadFile(rego.Files, "schema/input.json")
	if err != nil {
		t.Fatal(err)
	}
	const text = `# METADATA
# schemas:
#   - input: schema.input
package cascade.access

# METADATA
# entrypoint: true
decision := {"allow": true, "reason": "open", "org_ids": [], "wide": true, "masks": {}, "obligations": []} if {
	input.subject.kind in {"auditor", "operator", "security"}
} else := {"allow": true, "reason": "open", "org_ids": %s, "wide": false, "masks": {}, "obligations": []}
`
	return fstest.MapFS{
		"schema/input.json":   {Data: schema},
		"cascade/access.rego": {Data: fmt.Appendf(nil, text, orgs)},
	}
}

// probe does what the wall would stop. It fails the test if the wall stands.
func (c Config) probe(t testing.TB, wall Wall) {
	t.Helper()
	ctx := t.Context()
	connect := func(dsn string) *pgx.Conn {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
		return conn
	}
	switch wall {
	case RowSecurity:
		var n int
		if err := connect(c.Stage.AppDSN).QueryRow(ctx, `select count(*) from call_logs`).Scan(&n); err != nil || n == 0 {
			t.Fatalf("row-level security stands: %d rows, %v", n, err)
		}
	case CompositeKeys:
		tx, err := connect(c.Stage.SuperDSN).Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		tag, err := tx.Exec(ctx, `update appointments set contact_id = $1 where org_id = $2`, c.World.B.Rows["contacts"][0], c.World.A.ID)
		if err != nil || tag.RowsAffected() == 0 {
			t.Fatalf("composite keys stand: %v", err)
		}
		if err := tx.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
	case Decisions, Envelope:
		// A viewer who removes a contact, and staff who do.
		for role, want := range map[policy.Role]map[Wall]string{
			policy.Viewer: {Decisions: policy.ReasonEnvelope, Envelope: policy.ReasonEnvelope},
			policy.Staff:  {Decisions: "open", Envelope: policy.ReasonEnvelope},
		} {
			d := c.Stage.App.Engine().Current().Decide(ctx, policy.Request{
				Subject: policy.Subject{ID: uuid.New(), Kind: policy.Member, Memberships: []policy.Membership{{
					OrgID: c.World.A.ID, Slug: c.World.A.Slug, Role: role, Status: policy.OrgActive,
				}}, Credential: policy.Credential{Type: policy.JWT}},
				Action: policy.Delete, Resource: policy.Contact, Orgs: []uuid.UUID{c.World.A.ID}, Now: time.Now(),
			})
			if d.Reason() != want[wall] {
				t.Fatalf("decisions stand: %s of %s, want %s", d.Reason(), role, want[wall])
			}
		}
	}
}
