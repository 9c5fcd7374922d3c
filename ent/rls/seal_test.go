package rls_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// Somebody can run any SQL as the app role. What can they reach?
func TestInjectedSQLReachesNoOtherClinic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	conn, err := pgx.Connect(t.Context(), w.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	pid := conn.PgConn().PID()
	soon := time.Now().Add(time.Minute)
	scope := scopeFor(t, w.a, policy.Contact, policy.Read)
	stranger, err := rls.NewKey("test", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	unknown, err := rls.NewKey("nobody", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := w.Key.Seal(scope, pid, soon)
	foreign := w.Key.Seal(scopeFor(t, w.b, policy.Contact, policy.Read), pid, soon)
	for name, tc := range map[string]struct {
		seal string
		rows int // -1: refused
	}{
		"none":                          {"", 0},
		"its own":                       {good, 1},
		"expired":                       {w.Key.Seal(scope, pid, time.Now().Add(-time.Second)), -1},
		"of another backend":            {w.Key.Seal(scope, pid+1, soon), -1},
		"with another key of that name": {stranger.Seal(scope, pid, soon), -1},
		"with an unknown key":           {unknown.Seal(scope, pid, soon), -1},
		"altered":                       {good[:len(good)-1] + " }", -1},
		"another's body":                {good[:70] + foreign[70:], -1},
		"without a mac":                 {"test..{}", -1},
		"plain":                         {w.b.String(), -1},
		"json alone":                    {`{"r":{"contact":"{` + w.b.String() + `}"}}`, -1},
		"quotes":                        {"'; select 1 --", -1},
	} {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), `select set_config('app.scope', $1, true)`, tc.seal); err != nil {
			t.Fatal(err)
		}
		var n, foreignRows int
		err = tx.QueryRow(t.Context(), `select count(*), count(*) filter (where org_id <> $1) from contacts`, w.a).Scan(&n, &foreignRows)
		switch {
		case tc.rows < 0 && !refused(err):
			t.Errorf("%s: %d rows, %v", name, n, err)
		case tc.rows >= 0 && (err != nil || n != tc.rows || foreignRows != 0):
			t.Errorf("%s: %d rows, %d foreign, %v", name, n, foreignRows, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, forbidden := range []string{
		`select * from app.seal_keys`, `set role cascade_owner`, `set role cascade_keeper`, `set session authorization postgres`,
		`alter table contacts disable row level security`, `drop policy org_select on contacts`,
		`create table public.x (i int)`, `select pg_read_file('/etc/passwd')`, `copy contacts to program 'cat'`,
		`insert into audit_decisions (id) values (gen_random_uuid())`, `delete from audit_decisions`, `update audit_decisions set allow = true`,
		`truncate contacts`, `select app.protect('contacts', 'contact')`, `select app.stats_add(null, 1)`,
	} {
		if _, err := conn.Exec(t.Context(), forbidden); !refused(err) {
			t.Errorf("%s: %v", forbidden, err)
		}
	}
	if _, err := conn.Exec(t.Context(), `set row_security = off`); err == nil {
		var n int
		if err := conn.QueryRow(t.Context(), `select count(*) from contacts`).Scan(&n); !refused(err) {
			t.Errorf("row_security off: %d rows, %v", n, err)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	k, err := rls.NewKey("prod-1", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	back, err := rls.ParseKey(k.File())
	if err != nil || back != k {
		t.Errorf("the file reads as %v, %v", back, err)
	}
	for _, text := range []string{"", "prod-1", "prod-1:00", "Prod:" + string(make([]byte, 64)), ":" + string(k.File()[7:]), "prod-1:" + string(make([]byte, 64))} {
		if _, err := rls.ParseKey([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if k.String() != "seal key prod-1" {
		t.Errorf("String shows %q", k.String())
	}
}

func BenchmarkSeal(b *testing.B) {
	k, err := rls.NewKey("bench", rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	d := policy.Judge(policy.Request{
		Subject: policy.Subject{ID: uuid.New(), Kind: policy.System, OrgID: uuid.Max, OrgStatus: policy.OrgActive, Credential: policy.Credential{Scopes: []string{"call:read"}}},
		Action:  policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{uuid.Max},
	}, policy.Verdict{Allow: true, OrgIDs: []uuid.UUID{uuid.Max}}, policy.Evidence{})
	scope := policy.NewScope(d.Request().Subject, d)
	b.ReportAllocs()
	for b.Loop() {
		k.Seal(scope, 4711, time.Now())
	}
}
