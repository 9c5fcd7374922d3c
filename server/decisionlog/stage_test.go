package decisionlog_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/decisionlog"
)

// stage is an audit with decisions in it, in chains of two nodes and of two
// clinics. Its eye looks past every wall.
type stage struct {
	*dbtest.DB
	driver   *rls.Driver
	policies policy.Source
	records  *audit.Writer
	eye      *pgxpool.Pool
	now      time.Time
}

func newStage(t testing.TB) *stage {
	t.Helper()
	db := dbtest.Open(t)
	pool := db.Pool(t, 8)
	engine, err := opa.New(t.Context(), rego.Files, opa.Config{Budget: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	eye, err := pgxpool.New(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(eye.Close)
	records := audit.NewWriter(pool, db.Key, uuid.New())
	t.Cleanup(records.Close)
	return &stage{
		DB: db, driver: rls.New(rls.Config{Pool: pool, Key: db.Key}), policies: engine, records: records, eye: eye, now: time.Now(),
	}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// exporter sends to a sink, without pauses.
func (s *stage) exporter(sink decisionlog.Sink) *decisionlog.Exporter {
	return decisionlog.New(decisionlog.Config{
		Name: "test", Sink: sink, Driver: s.driver, Policies: s.policies, Records: s.records, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return s.now }, NewID: newID, Labels: map[string]string{"app": "cascade"},
		Jitter: func(time.Duration) time.Duration { return 0 },
	})
}

// decide keeps n decisions about each of the clinics, in its chain and in one of
// a node, and returns how many that makes.
func (s *stage) decide(t testing.TB, n int, orgs ...uuid.UUID) int {
	t.Helper()
	ctx := policy.WithScope(t.Context(), policy.Scope{})
	node := audit.NewWriter(s.driver.Pool, s.Key, uuid.New())
	defer node.Close()
	for _, org := range orgs {
		var batch []audit.Record
		for range n {
			batch = append(batch, s.record(org))
		}
		if err := node.Append(batch...)(ctx); err != nil {
			t.Fatal(err)
		}
		tx, err := s.driver.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch {
			batch[i].ID = newID()
		}
		if err := audit.AppendTx(ctx, tx, org, batch...); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	return 2 * n * len(orgs)
}

func (s *stage) record(org uuid.UUID) audit.Record {
	subject := policy.Subject{ID: newID(), Kind: policy.Member, Credential: policy.Credential{Type: policy.JWT, ID: "jti"}}
	q := policy.Request{Subject: subject, Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{org}, Operation: "Calls", Now: s.now}
	return audit.NewRecord(policy.Deny(q, "not_a_member", policy.Evidence{ID: newID(), Revision: "r1"}), audit.Origin{RequestID: "req", TraceID: "trace"})
}

// one reads one value past every wall.
func one[T any](t testing.TB, s *stage, query string, args ...any) (v T) {
	t.Helper()
	if err := s.eye.QueryRow(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// check holds what a sink got to the audit: every decision, but for those set
// aside, in the order of its chain, each hash linked to the one before, and none
// that is not there.
func (s *stage) check(t *testing.T, events []decisionlog.Event, aside int) {
	t.Helper()
	ids := map[string]bool{}
	type end struct {
		seq  int64
		hash string
	}
	last := map[string]end{}
	for _, e := range events {
		if ids[e.DecisionID] {
			continue // again
		}
		ids[e.DecisionID] = true
		was := last[e.Custom.Chain]
		if aside == 0 && (e.Custom.Seq != was.seq+1 || was.seq > 0 && e.Custom.PrevHash != was.hash) || e.Custom.Seq <= was.seq {
			t.Fatalf("chain %s: %d comes after %d", e.Custom.Chain, e.Custom.Seq, was.seq)
		}
		last[e.Custom.Chain] = end{e.Custom.Seq, e.Custom.Hash}
	}
	var kept []string
	if err := s.eye.QueryRow(t.Context(), `select array_agg(id::text) from audit_decisions`).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	for _, id := range kept {
		if !ids[id] {
			aside--
		}
		delete(ids, id)
	}
	if aside != 0 || len(ids) > 0 {
		t.Errorf("%d decisions are missing, and %d are made up, of %d", -aside, len(ids), len(kept))
	}
}

// unpack reads the body of a request as a SIEM does.
func unpack(t testing.TB, r *http.Request) (events []decisionlog.Event) {
	t.Helper()
	zip, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Error(err)
		return nil
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Error(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&events); err != nil {
		t.Error(err)
	}
	return events
}
