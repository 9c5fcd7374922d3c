package audit_test

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

func record(org uuid.UUID) audit.Record {
	return audit.NewRecord(policy.Deny(policy.Request{
		Subject: policy.Subject{ID: uuid.New(), Kind: policy.Member}, Action: policy.Read, Resource: policy.Call,
		Orgs: []uuid.UUID{org}, Now: time.Now(),
	}, "role_lacks_right", policy.Evidence{ID: uuid.New(), Revision: "r1", Input: []byte(`{"action":"read"}`)}), audit.Origin{RequestID: "req"})
}

// kept reads a chain as the superuser and proves every link of it.
func kept(t *testing.T, db *dbtest.DB, chain string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `select seq, body, prev_hash, hash from audit_decisions where chain like $1 order by chain, seq`, chain)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var prev [sha256.Size]byte
	var seq int64
	var body string
	var before, hash []byte
	_, err = pgx.ForEachRow(rows, []any{&seq, &body, &before, &hash}, func() error {
		n++
		if seq == 1 {
			prev = [sha256.Size]byte{}
		}
		if string(before) != string(prev[:]) {
			return fmt.Errorf("record %d does not follow the one before", seq)
		}
		prev = sha256.Sum256(append(prev[:], body...))
		if string(hash) != string(prev[:]) {
			return fmt.Errorf("record %d has another hash", seq)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEveryWaiterIsKeptAndTheChainHolds(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	w := audit.NewWriter(db.Pool(t, 2), db.Key, uuid.New())
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range 10 {
				if err := w.Append(record(uuid.New()), record(uuid.New()))(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := kept(t, db, "node:%"); n != 640 {
		t.Errorf("%d records kept, want 640", n)
	}
	w.Close()
	if err := w.Append(record(uuid.New()))(t.Context()); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("after Close: %v", err)
	}
}

// The database goes away in the middle and comes back: what was acknowledged is
// there, what was not is an error, and the chain holds.
func TestACutConnectionLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	w := audit.NewWriter(db.Pool(t, 2), db.Key, uuid.New())
	defer w.Close()
	acknowledged := 0
	for i := range 30 {
		if i%5 == 4 {
			db.Exec(t, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'cascade_app'`)
		}
		if err := w.Append(record(uuid.New()))(t.Context()); err == nil {
			acknowledged++
		}
	}
	if n := kept(t, db, "node:%"); n < acknowledged || acknowledged < 24 {
		t.Errorf("%d kept, %d acknowledged of 30", n, acknowledged)
	}
	db.Exec(t, `revoke execute on function app.audit_append(text, bigint, bytea, text[], bytea[], text) from cascade_app`)
	if err := w.Append(record(uuid.New()))(t.Context()); !errors.Is(err, audit.ErrUnavailable) || w.Healthy() == nil {
		t.Errorf("unwritable: %v, healthy %v", err, w.Healthy())
	}
	db.Exec(t, `grant execute on function app.audit_append(text, bigint, bytea, text[], bytea[], text) to cascade_app`)
	if err := w.Append(record(uuid.New()))(t.Context()); err != nil || w.Healthy() != nil {
		t.Errorf("writable again: %v, healthy %v", err, w.Healthy())
	}
}

// Writes of one org take turns at the end of its chain, and a rollback takes
// the record along.
func TestRecordsOfWritesLiveAndDieWithTheWork(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	driver := rls.New(rls.Config{Pool: db.Pool(t, 8), Key: db.Key})
	org := uuid.New()
	ctx := policy.WithScope(t.Context(), policy.Scope{})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			tx, err := driver.Begin(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			if err := audit.AppendTx(ctx, tx, org, record(org)); err != nil {
				t.Error(err)
			}
			end := tx.Commit
			if i%4 == 0 {
				end = tx.Rollback
			}
			if err := end(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := kept(t, db, "org:%"); n != 12 {
		t.Errorf("%d records kept, want the 12 that committed", n)
	}
}

func TestNobodyRewritesTheRecord(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	pool := db.Pool(t, 1)
	w := audit.NewWriter(pool, db.Key, uuid.New())
	defer w.Close()
	if err := w.Append(record(uuid.New()))(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`delete from audit_decisions`, `update audit_decisions set allow = true`, `truncate audit_decisions`,
		`insert into audit_decisions (id) values (gen_random_uuid())`,
	} {
		var state *pgconn.PgError
		if _, err := pool.Exec(t.Context(), statement); !errors.As(err, &state) || state.Code != "42501" {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// A record that does not link to the one before is refused, whoever sends it,
	// and without a proof that the program sends it so is every record.
	body := `{"id":"018f0000-0000-7000-8000-000000000001","at":"2026-01-01T00:00:00Z","request_id":"r","subject_kind":"member","action":"read","resource":"call","allow":true,"reason":"x"}`
	zero, true1 := make([]byte, 32), sha256.Sum256(append(make([]byte, 32), body...))
	proof := func(seq int, hash []byte) string {
		return db.Key.Prove(fmt.Sprintf("audit.append node:x %d %x", seq, hash))
	}
	stranger, err := rls.NewKey(db.Key.ID(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		want string
		args []any
	}{
		"forged hash":       {"23502", []any{1, zero, []string{body}, [][]byte{zero}, proof(1, zero)}},
		"forged start":      {"23514", []any{2, zero, []string{`{}`}, [][]byte{zero}, proof(2, zero)}},
		"no proof":          {"42501", []any{1, zero, []string{body}, [][]byte{true1[:]}, nil}},
		"empty proof":       {"42501", []any{1, zero, []string{body}, [][]byte{true1[:]}, ""}},
		"another's proof":   {"42501", []any{1, zero, []string{body}, [][]byte{true1[:]}, stranger.Prove(fmt.Sprintf("audit.append node:x 1 %x", true1))}},
		"of another place":  {"42501", []any{1, zero, []string{body}, [][]byte{true1[:]}, proof(2, true1[:])}},
		"of another record": {"42501", []any{1, zero, []string{body}, [][]byte{true1[:]}, proof(1, zero)}},
		"nothing":           {"42501", []any{1, zero, []string{}, [][]byte{}, proof(1, nil)}},
		"a true one":        {"", []any{1, zero, []string{body}, [][]byte{true1[:]}, proof(1, true1[:])}},
	} {
		_, err := pool.Exec(t.Context(), `select app.audit_append('node:x', $1, $2, $3, $4, $5)`, tc.args...)
		if got := code(err); got != tc.want || (err == nil) != (tc.want == "") {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	if _, err := pool.Exec(t.Context(), `select app.audit_append('node:x', 1, $1, $2, $3, $4)`, zero, []string{body}, [][]byte{true1[:]}, proof(1, true1[:])); code(err) != "23505" {
		t.Errorf("the same record again: %v", err)
	}
}

func code(err error) string {
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return state.Code
	}
	return ""
}
