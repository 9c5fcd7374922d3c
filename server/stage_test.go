package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/auth"
)

const (
	issuerName = "https://id.example/auth/v1"
	audience   = "authenticated"
	calls      = `{ calls(first: 5) { nodes { id callerName } } }`
)

// stage is the whole server on a port of its own, with a database of its own
// and an issuer on real HTTP.
type stage struct {
	*dbtest.DB
	issuer *auth.Issuer
	config server.Config
	keys   *secret.Keyset
	url    string
	log    *lockedBuffer
	stop   context.CancelFunc // what SIGTERM does
	ended  chan error
}

// prepare makes everything but the server.
func prepare(t *testing.T) *stage {
	t.Helper()
	s := &stage{DB: dbtest.Open(t), log: &lockedBuffer{}, ended: make(chan error, 1)}
	dir := t.TempDir()
	var err error
	if s.issuer, err = auth.CreateIssuer(filepath.Join(dir, "issuer.key")); err != nil {
		t.Fatal(err)
	}
	jwks := httptest.NewServer(s.issuer.JWKSHandler())
	t.Cleanup(jwks.Close)
	seal := filepath.Join(dir, "seal.key")
	if err := os.WriteFile(seal, s.Key.File(), 0o600); err != nil {
		t.Fatal(err)
	}
	keyset := filepath.Join(dir, "keyset.json")
	if s.keys, err = secret.Create(keyset); err != nil {
		t.Fatal(err)
	}
	s.config = server.Config{
		Addr: "127.0.0.1:0", PublicURL: "https://api.example.com", DatabaseURL: s.AppDSN, RedisURL: s.RedisURL,
		JWTIssuer: issuerName, JWTAudience: audience, JWKSURL: jwks.URL, SealKeyFile: seal, SecretsKeysetFile: keyset, Nodes: 1, AddressLimit: 100_000,
	}
	return s
}

// start runs the server until the test ends.
func (s *stage) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	s.stop = cancel
	listening := make(chan net.Addr, 1)
	deps := server.Deps{
		Log: server.NewLog(s.log, slog.LevelInfo), Budget: 5 * time.Second,
		Listening: func(_ *server.App, addr net.Addr) { listening <- addr },
	}
	var err error
	over := make(chan struct{})
	go func() {
		err = server.Run(ctx, s.config, deps)
		s.ended <- err
		close(over)
	}()
	t.Cleanup(func() {
		cancel()
		<-over
		if t.Failed() {
			t.Logf("log:\n%s", s.log)
		}
	})
	select {
	case addr := <-listening:
		s.url = "http://" + addr.String()
	case <-over:
		t.Fatalf("the server did not start: %v", err)
	}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := prepare(t)
	s.start(t)
	return s
}

// clinic makes an organization with one call in it.
func (s *stage) clinic(t *testing.T, slug string) uuid.UUID {
	t.Helper()
	org, call := newID(), newID()
	s.Exec(t, `insert into organizations (id, kind, name, slug, timezone) values ($1, 'clinic', $2, $2, 'Europe/London')`, org, slug)
	s.Exec(t, `insert into call_logs (org_id, id, provider_call_id, direction, status, caller_name, started_at, duration_seconds)
		values ($1, $2, $3, 'inbound', 'completed', 'canary-' || $4, now(), 60)`, org, call, call.String(), slug)
	return org
}

// member makes a person with a role in the clinics and returns their token.
func (s *stage) member(t *testing.T, name, role string, orgs ...uuid.UUID) string {
	t.Helper()
	user := newID()
	s.Exec(t, `insert into users (id, issuer, subject, email) values ($1, $2, $3, $3 || '@example.com')`, user, issuerName, name)
	for _, org := range orgs {
		s.Exec(t, `insert into memberships (org_id, id, user_id, role, email) values ($1, $2, $3, $4, 'x@example.com')`, org, newID(), user, role)
	}
	return s.token(t, name, func(*auth.TokenRequest) {})
}

// token signs one in, with what change makes of it.
func (s *stage) token(t *testing.T, subject string, change func(*auth.TokenRequest)) string {
	t.Helper()
	req := auth.TokenRequest{Subject: subject, Issuer: issuerName, Audience: audience, TTL: time.Hour, MFA: true}
	change(&req)
	token, err := s.issuer.Issue(req)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// answer is what came back over HTTP.
type answer struct {
	Status     int         `json:"-"`
	Header     http.Header `json:"-"`
	Body       string      `json:"-"`
	Data       json.RawMessage
	Extensions map[string]any
	Errors     []struct {
		Message    string
		Extensions map[string]any
	}
}

// is reports whether the first error has the code and the reason.
func (a answer) is(code, reason string) bool {
	if len(a.Errors) == 0 {
		return false
	}
	e := a.Errors[0].Extensions
	return e["code"] == code && (reason == "" || e["reason"] == reason) && e["requestId"] != "" && e["requestId"] == a.Header.Get("X-Request-Id")
}

// ask posts an operation; headers are "Name: value".
func (s *stage) ask(t *testing.T, document string, headers ...string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	return s.do(t, http.MethodPost, "/graphql", string(body),
		append([]string{"Content-Type: application/json", "Accept: application/graphql-response+json"}, headers...)...)
}

func (s *stage) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return a
}

// count asks the database, past every wall.
func (s *stage) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// eventually polls until hold is true.
func eventually(t *testing.T, what string, hold func() bool) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !hold() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func bearer(token string) string { return "Authorization: Bearer " + token }

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
