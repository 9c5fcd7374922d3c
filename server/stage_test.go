package server_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/auth"
	theatre "github.com/voxanne/cascade/server/stage"
)

const (
	issuerName = theatre.IssuerName
	audience   = theatre.Audience
	calls      = `{ calls(first: 5) { nodes { id callerName } } }`
)

// stage is a stage.Stage under the names of this package's tests.
type stage struct {
	*theatre.Stage
	issuer *auth.Issuer
	config server.Config // taken when it starts
	keys   *secret.Keyset
	url    string
	log    *theatre.Log
	stop   func() // what SIGTERM does
	ended  chan error
}

// prepare makes everything but the server.
func prepare(t *testing.T) *stage {
	t.Helper()
	s := theatre.Prepare(t)
	return &stage{Stage: s, issuer: s.Issuer, config: s.Config, keys: s.Keys, log: s.Log, ended: s.Ended}
}

// start runs the server until the test ends.
func (s *stage) start(t *testing.T) {
	t.Helper()
	s.Config = s.config
	s.Start(t)
	s.url, s.stop = s.URL, s.Stop
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
	return s.Clinic(t, slug)
}

// member makes a person with a role in the clinics and returns their token.
func (s *stage) member(t *testing.T, name, role string, orgs ...uuid.UUID) string {
	t.Helper()
	return s.Member(t, name, role, orgs...)
}

// token signs one in, with what change makes of it.
func (s *stage) token(t *testing.T, subject string, change func(*auth.TokenRequest)) string {
	t.Helper()
	return s.Token(t, subject, change)
}

// answer is what came back over HTTP.
type answer struct{ theatre.Answer }

// is reports whether the first error has the code and the reason.
func (a answer) is(code, reason string) bool { return a.Is(code, reason) }

// ask posts an operation; headers are "Name: value".
func (s *stage) ask(t *testing.T, document string, headers ...string) answer {
	t.Helper()
	return answer{s.there().Ask(t, document, headers...)}
}

func (s *stage) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	return answer{s.there().Do(t, method, path, body, headers...)}
}

// there is the stage at s.url, which tests of other servers change.
func (s *stage) there() *theatre.Stage {
	at := *s.Stage
	at.URL = s.url
	return &at
}

// count asks the database, past every wall.
func (s *stage) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	return s.Count(t, query, args...)
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

func newID() uuid.UUID { return theatre.NewID() }

func bearer(token string) string { return theatre.Bearer(token) }
