package rule_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/rls"
	_ "github.com/voxanne/cascade/ent/runtime"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

// world is a database with rows of two clinics in every table and no wall left
// but ent's rules: row-level security is off, nothing refers to anything, and
// the app role has every privilege.
type world struct {
	client       *ent.Client
	mine, theirs uuid.UUID
	comments     map[string]string // what each table's comment says
	rows         map[string]int
}

const onlyRulesLeft = `
do $$ declare t regclass; k record; begin
	for k in select conrelid::regclass as tbl, conname from pg_constraint where contype = 'f' loop
		execute format('alter table %s drop constraint %I', k.tbl, k.conname); end loop;
	for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
		execute format('alter table %s no force row level security, disable row level security', t);
		execute format('grant all on %s to cascade_app', t); end loop;
end $$;
update call_logs set transcript = '[{"text": "canary"}]', structured_data = '{"canary": true}';
insert into audit_decisions select (jsonb_populate_record(d, jsonb_build_object('id', md5(d.id::text), 'seq', 100, 'org_id', null))).* from audit_decisions d;
insert into audit_decision_orgs select org_id, md5(id::text)::uuid, at from audit_decisions where org_id is not null`

func openWorld(t *testing.T) *world {
	t.Helper()
	db := dbtest.Open(t)
	w := &world{mine: uuid.New(), theirs: uuid.New(), comments: map[string]string{}, rows: map[string]int{}}
	db.Fill(t, w.theirs, w.mine)
	db.Exec(t, onlyRulesLeft)
	w.client = ent.NewClient(ent.Driver(rls.New(rls.Config{Pool: db.Pool(t, 2), Key: db.Key})))
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `select c.relname::text, coalesce(obj_description(c.oid), '') from pg_class c
		where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'`)
	if err != nil {
		t.Fatal(err)
	}
	var table, comment string
	_, err = pgx.ForEachRow(rows, []any{&table, &comment}, func() error {
		w.comments[table], w.rows[table] = comment, 2
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.rows["audit_decisions"] = 4
	return w
}

var everything = []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete}

// may is a context in which the person of the first clinic may do everything
// with rows of the types there, and sees what masks leave.
func (w *world) may(ctx context.Context, masks map[policy.Resource][]string, types ...policy.Resource) context.Context {
	s := policy.Subject{
		ID: dbtest.RowID(w.mine, "users"), Kind: policy.Member,
		Memberships: []policy.Membership{{OrgID: w.mine, Role: policy.Owner, Status: policy.OrgActive}},
	}
	var decisions []policy.Decision
	for _, r := range types {
		for _, a := range everything {
			q := policy.Request{Subject: s, Action: a, Resource: r, Orgs: []uuid.UUID{w.mine}}
			decisions = append(decisions, policy.Judge(q, policy.Verdict{Allow: true, OrgIDs: q.Orgs, Masks: masks}, policy.Evidence{}))
		}
	}
	return policy.WithScope(ctx, policy.NewScope(s, decisions...))
}

// wide is a context of platform staff who may read the types in every org, as
// far as somebody may.
func wide(ctx context.Context, types ...policy.Resource) context.Context {
	s := policy.Subject{ID: uuid.New()}
	var decisions []policy.Decision
	for _, r := range types {
		for _, s.Kind = range []policy.Kind{policy.Security, policy.Operator} {
			q := policy.Request{Subject: s, Action: policy.Read, Resource: r}
			decisions = append(decisions, policy.Judge(q, policy.Verdict{Allow: true, Wide: true}, policy.Evidence{}))
		}
	}
	return policy.WithScope(ctx, policy.NewScope(s, decisions...))
}

// invoke calls a method that every row type has under the same name.
func invoke(on any, method string, args ...any) []reflect.Value {
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		in[i] = reflect.ValueOf(a)
	}
	return reflect.ValueOf(on).MethodByName(method).Call(in)
}

// of is the client of one row type.
func of(client *ent.Client, name string) any {
	return reflect.ValueOf(client).Elem().FieldByName(name).Interface()
}
