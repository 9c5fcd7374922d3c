package webhook_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/directory"
	"github.com/voxanne/cascade/server/webhook"
)

const sharedSecret = "a-secret-of-the-clinic"

// stage is the webhooks of a database of their own, behind a real server, with
// the shipped policy. Its eye looks past every wall.
type stage struct {
	*dbtest.DB
	config  webhook.Config
	handler *webhook.Handler
	server  *httptest.Server
	keys    *secret.Keyset
	eye     *pgxpool.Pool
	feed    *telling
	log     *lockedBuffer
	seen    *observations
}

func newStage(t testing.TB) *stage {
	t.Helper()
	db := dbtest.Open(t)
	pool := db.Pool(t, 12)
	log := &lockedBuffer{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	engine, err := opa.New(t.Context(), rego.Files, opa.Config{Budget: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.Create(filepath.Join(t.TempDir(), "keyset.json"))
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
	logger := slog.New(slog.NewJSONHandler(log, nil))
	watch := audit.NewWatch(pool, db.Key, logger)
	t.Cleanup(watch.Close)
	s := &stage{DB: db, keys: keys, eye: eye, feed: &telling{Hub: &feed.Hub{}}, log: log, seen: &observations{}}
	s.config = webhook.Config{
		Directory: directory.New(directory.Config{Pool: pool, Log: logger}),
		Policies:  engine,
		Driver:    rls.New(rls.Config{Pool: pool, Key: db.Key}),
		Records:   records,
		Secrets:   keys,
		Feed:      s.feed,
		Watch:     watch,
		Log:       logger,
		Now:       time.Now,
		NewID:     func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
		PublicURL: "https://api.example.test",
		Observe:   s.seen.add,
	}
	s.open(t)
	return s
}

// open serves with the stage's configuration as it is now.
func (s *stage) open(t testing.TB) {
	t.Helper()
	s.handler = webhook.New(s.config)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/vapi/{key}", s.handler.ServeVapi)
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
}

// clinic is an organization whose Vapi posts to key.
type clinic struct {
	org, integration, agent, number uuid.UUID
	key                             string
}

// clinic makes one that proves itself by the shared secret, with an agent and a
// number that the fixtures name.
func (s *stage) clinic(t testing.TB, slug string) clinic {
	t.Helper()
	return s.clinicWith(t, slug, `{"method":"secret"}`, sharedSecret)
}

func (s *stage) clinicWith(t testing.TB, slug, proof, key string) clinic {
	t.Helper()
	id := s.config.NewID
	c := clinic{org: id(), integration: id(), agent: id(), number: id(), key: "whk_" + slug}
	hash := sha256.Sum256([]byte(c.key))
	sealed, err := s.keys.Seal([]byte(key), secret.Place{Org: c.org, Row: c.integration, Column: "integrations.webhook_secret"}.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s.Exec(t, `insert into organizations (id, kind, name, slug, timezone) values ($1, 'clinic', $2, $2, 'America/New_York')`, c.org, slug)
	s.Exec(t, `insert into integrations (org_id, id, provider, status, webhook_key_hash, webhook_auth, webhook_secret)
		values ($1, $2, 'vapi', 'connected', $3, $4, $5)`, c.org, c.integration, hash[:], proof, sealed)
	s.Exec(t, `insert into agents (org_id, id, name, role, provider_assistant_id) values ($1, $2, 'Front desk', 'inbound', 'asst-lantern')`, c.org, c.agent)
	s.Exec(t, `insert into phone_numbers (org_id, id, e164, agent_id) values ($1, $2, '+15550142900', $3)`, c.org, c.number, c.agent)
	return c
}

// answer is what the provider gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// code is the problem's code, or "".
func (a answer) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal([]byte(a.body), &p)
	return p.Code
}

// post sends a body as the clinic's provider does.
func (s *stage) post(t testing.TB, c clinic, body string) answer {
	t.Helper()
	return s.send(t, c.key, body, http.Header{"X-Vapi-Secret": {sharedSecret}})
}

func (s *stage) send(t testing.TB, key, body string, header http.Header) answer {
	t.Helper()
	a, err := s.try(t.Context(), key, body, header)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *stage) try(ctx context.Context, key, body string, header http.Header) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.server.URL+"/webhooks/vapi/"+key, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header = header.Clone()
	r.Header.Set("Content-Type", "application/json")
	w, err := s.server.Client().Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	return answer{w.StatusCode, w.Header, string(text)}, err
}

// fixture is a message about a call.
func fixture(t testing.TB, name, call string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "CALL", call)
}

// status is a status-update about a call.
func status(t testing.TB, name, call string) string {
	t.Helper()
	return strings.Replace(fixture(t, "status", call), "STATUS", name, 1)
}

// row is the first row of a query as a map; nil when there is none.
func (s *stage) row(t testing.TB, query string, args ...any) map[string]any {
	t.Helper()
	rows := s.rows(t, query, args...)
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}

func (s *stage) rows(t testing.TB, query string, args ...any) []map[string]any {
	t.Helper()
	rows, err := s.eye.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToMap)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

// count is the one number that a query gives.
func (s *stage) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := s.eye.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// telling is the real feed of one process, with a count of what was told.
type telling struct {
	*feed.Hub
	n atomic.Int64
}

func (l *telling) Publish(ctx context.Context, e feed.CallEvent) error {
	l.n.Add(1)
	return l.Hub.Publish(ctx, e)
}

func (l *telling) told() int { return int(l.n.Load()) }

// observations remembers what was counted.
type observations struct {
	mu  sync.Mutex
	all []webhook.Observation
}

func (o *observations) add(_ context.Context, one webhook.Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, one)
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// shuffle is another order every time.
func shuffle[T any](list []T) {
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}
