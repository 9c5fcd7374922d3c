package migrations_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/migrations"
	"github.com/voxanne/cascade/migrations/dbtest"
)

// findings are the holes of a database, one line each.
func findings(t *testing.T, db *dbtest.DB) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	holes, err := migrations.Holes(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(holes))
	for i, h := range holes {
		out[i] = h.String()
	}
	return out
}

func TestEveryTableStandsBehindItsWalls(t *testing.T) {
	t.Parallel()
	for _, hole := range findings(t, dbtest.Open(t)) {
		t.Error(hole)
	}
}

// The check above can fail: each of these holes is seen.
func TestHolesAreSeen(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ plant, want string }{
		{`create table notes (org_id uuid, id uuid primary key)`, "no row-level security, or not forced: notes"},
		{`create table notes (org_id uuid, id uuid primary key)`, "no primary key (org_id, id): notes"},
		{`create table notes (org_id uuid, id uuid primary key)`, "org_id may be null: notes"},
		{`alter table contacts no force row level security`, "no row-level security, or not forced: contacts"},
		{`drop policy org_insert on contacts`, "a command without a policy, or with two: contacts INSERT"},
		{`create policy second on contacts for select to cascade_app using (true)`, "a command without a policy, or with two: contacts SELECT"},
		{`alter policy org_select on contacts using (true)`, "a policy that does not compare org_id with the sealed scope: contacts org_select"},
		{`create policy open on contacts for select using (true)`, "a policy for everyone, or for an unknown role: contacts open"},
		{`grant update (org_id) on contacts to cascade_app`, "the app role may move a row to another org: contacts"},
		{`alter table contacts owner to cascade_app`, "the app role owns it: contacts"},
		{`create unique index oracle on contacts (email)`, "a unique index that does not start with org_id: oracle"},
		{`alter table appointments drop constraint appointments_org_id_call_id_fkey, add unique (org_id, starts_at, id),
		  add constraint loose foreign key (call_id) references loose_calls (id)`, "a reference that may cross clinics: loose"},
		{
			`create function app.all_calls() returns bigint language sql security definer as 'select 1::bigint'`,
			"a definer function without a pinned search_path, or open to all: app.all_calls()",
		},
		{`create function app.of_org(in_org uuid) returns int language sql security definer as 'select 1'`, "a definer function that takes an org: app.of_org(uuid)"},
		{`create view everything as select * from contacts`, "a view that is not its reader's own: everything"},
		{`drop policy sealed on contacts`, "a table that is scanned before the seal is opened: contacts"},
		{`alter policy sealed on contacts using (true)`, "a table that is scanned before the seal is opened: contacts"},
		{`alter table contacts alter column phone set statistics 100`, "a column that the planner's statistics sample: contacts.phone"},
		{`alter index api_keys_public alter column 1 set statistics -1`, "a column that the planner's statistics sample: api_keys.expr"},
		{`create index walked on invitations (token_hash)`, "an index that finds rows before their clinic: walked"},
		{
			`do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$`,
			"the app role may make temporary tables: database",
		},
		{`drop index appointments_call`, "a foreign key without an index: appointments_org_id_call_id_fkey"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			db := dbtest.Open(t)
			if strings.Contains(tc.plant, "loose_calls") {
				db.Exec(t, `create table loose_calls (org_id uuid not null, id uuid not null unique, primary key (org_id, id))`)
			}
			db.Exec(t, tc.plant)
			if got := findings(t, db); !slices.Contains(got, tc.want) {
				t.Errorf("not seen; found %q", got)
			}
		})
	}
}
