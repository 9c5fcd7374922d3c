package graph_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/trace"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	_ "github.com/voxanne/cascade/ent/runtime"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
)

// api is the whole of graph on a database of its own, with the shipped policy.
type api struct {
	*dbtest.DB
	handler http.Handler
	client  *ent.Client
	log     *bytes.Buffer
	engine  *opa.Engine
	feed    *feed.Hub
	keys    *secret.Keyset
}

// apiConfig is what a test may have otherwise; the zero value is what most want.
type apiConfig struct {
	tracer    trace.Tracer // of SQL statements
	websocket graphql.Transport
	refresh   func(context.Context, policy.Subject) (policy.Subject, error)
	recheck   time.Duration
	dial      pgconn.DialFunc // to Postgres
}

func newAPI(t *testing.T) *api {
	t.Helper()
	return newAPIWith(t, apiConfig{})
}

func newAPIWith(t *testing.T, c apiConfig) *api {
	t.Helper()
	db := dbtest.Open(t)
	pool := db.Pool(t, 8)
	if c.dial != nil {
		pool = poolBy(t, pool, c.dial)
	}
	engine, err := opa.New(t.Context(), rego.Files, opa.Config{Budget: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	a := &api{DB: db, log: &bytes.Buffer{}, engine: engine, feed: &feed.Hub{}, keys: newKeys(t)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", a.log)
		}
	})
	log := slog.New(slog.NewJSONHandler(&lockedWriter{w: a.log}, nil))
	driver := rls.New(rls.Config{Pool: pool, Key: db.Key, Tracer: c.tracer})
	records := audit.NewWriter(pool, db.Key, uuid.New())
	watch := audit.NewWatch(pool, db.Key, log)
	t.Cleanup(func() { watch.Close(); records.Close() })
	a.client = ent.NewClient(ent.Driver(driver))
	newID := func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	a.handler = graph.NewHandler(graph.HandlerConfig{
		Door: graph.DoorConfig{
			Policies: engine, Driver: driver, Client: a.client, Records: records, Log: log, Now: time.Now, NewID: newID,
			Refresh: c.refresh, Recheck: c.recheck, Secrets: a.keys, Random: rand.Reader,
		},
		Resolver:      &graph.Resolver{Watch: watch, Now: time.Now, NewID: newID, Feed: a.feed, NewAPIKey: accessKey, Random: rand.Reader, Secrets: a.keys},
		Websocket:     c.websocket,
		Introspection: true,
	})
	return a
}

// clinic makes an organization and returns its id.
func (a *api) clinic(t *testing.T, slug string) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	a.Exec(t, `insert into organizations (id, kind, name, slug, timezone) values ($1, 'clinic', $2, $2, 'Europe/London')`, id, slug)
	return id
}

// member is a subject with one role in one clinic, with a second factor.
func member(org uuid.UUID, slug string, role policy.Role) policy.Subject {
	return policy.Subject{
		ID: uuid.Must(uuid.NewV7()), Kind: policy.Member,
		Memberships: []policy.Membership{{OrgID: org, Slug: slug, Role: role, Status: policy.OrgActive}},
		Credential:  policy.Credential{Type: policy.JWT, ID: "test", MFA: true},
	}
}

// calls inserts n completed calls, one a minute, and returns their ids, newest first.
func (a *api) calls(t *testing.T, org uuid.UUID, n int) []uuid.UUID {
	t.Helper()
	ids := make([]uuid.UUID, n)
	start := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for i := range ids {
		ids[i] = uuid.Must(uuid.NewV7())
		a.Exec(t, `insert into call_logs (org_id, id, provider_call_id, direction, status, caller_name, started_at, duration_seconds, transcript)
			values ($1, $2, $3, 'inbound', 'completed', 'canary-' || $4, $5, 60, '[{"speaker":"caller","text":"hello","at":1}]')`,
			org, ids[i], ids[i].String(), org.String(), start.Add(-time.Duration(i)*time.Minute))
	}
	return ids
}

// answer is a GraphQL response.
type answer struct {
	Status     int             `json:"-"`
	Body       string          `json:"-"`
	Data       json.RawMessage `json:"data"`
	Extensions map[string]any  `json:"extensions"`
	Errors     []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// code is the code of the first error, or "".
func (r answer) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	return fmt.Sprint(r.Errors[0].Extensions["code"])
}

// ask sends one operation as s, about all that s proved.
func (a *api) ask(t *testing.T, s policy.Subject, document string, variables map[string]any) answer {
	t.Helper()
	return a.askWith(t, graph.Request{Subject: s, Orgs: s.Proven(), Origin: audit.Origin{RequestID: "r-test"}}, document, variables)
}

func (a *api) askWith(t *testing.T, request graph.Request, document string, variables map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r.WithContext(graph.WithRequest(t.Context(), request)))
	out := answer{Status: w.Code, Body: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v", w.Body.String(), err)
	}
	return out
}

// decode reads the data of an answer without errors.
func (r answer) decode(t *testing.T, into any) {
	t.Helper()
	if len(r.Errors) > 0 {
		t.Fatalf("errors: %s", r.Body)
	}
	if err := json.Unmarshal(r.Data, into); err != nil {
		t.Fatalf("%s: %v", strings.TrimSpace(r.Body), err)
	}
}
