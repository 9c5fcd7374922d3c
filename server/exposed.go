package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/voxanne/cascade/migrations/lint"
)

// largestBody is the largest request body that a route may take, in bytes.
const largestBody = 8 << 20

// Facts of what the program itself would serve.
var (
	undecided = Fact{ //nolint:gochecknoglobals // immutable
		Code: "graphql-undecided", Serve: lint.Refuses, Name: "every field of the schema has its decision", Why: "It would be answered without one, and without a record.",
		Mend: `give the field @can(action: ..., resource: "...") or the type @resource(type: "..."), and make generate`,
	}
	composed = Fact{ //nolint:gochecknoglobals // immutable
		Code: "server", Serve: lint.Refuses, Name: "the server can be put together, policies and all", Why: "It would not start.", Mend: "see what the error names",
	}
	proved = Fact{ //nolint:gochecknoglobals // immutable
		Code: "routes-undeclared", Serve: lint.Refuses, Name: "every route says what a request must prove", Why: "Nobody decided who may ask.",
		Mend: "set Route.Proof to Credential, Signature, Link or Nothing",
	}
	closed = Fact{ //nolint:gochecknoglobals // immutable
		Code: "routes-open", Serve: lint.Refuses, Name: "no route answers who proved nothing", Why: "It is outside of the chain: rows would leave without a decision.",
		Mend: "put gate.authenticated, or the check of the signature, before its handler",
	}
	guardedAll = Fact{ //nolint:gochecknoglobals // immutable
		Code: "routes-unguarded", Serve: lint.Refuses, Name: "every answer goes the one way out", Why: "Without it there is no request id, no limit and no header that holds a browser.",
		Mend: "serve the route by App.Handler alone",
	}
	bounded = Fact{ //nolint:gochecknoglobals // immutable
		Code: "routes-body", Serve: lint.Warns, Name: "no route reads more than 8 MiB", Why: "A few clients could take all memory.", Mend: "set Route.MaxBody lower",
	}
)

// each is the fact with every hole, or holds.
func (f Fact) each(holes []string) []Fact {
	if len(holes) == 0 {
		return []Fact{f.holds()}
	}
	facts := make([]Fact, len(holes))
	for i, at := range holes {
		facts[i] = f.holed(at)
	}
	return facts
}

// exposed tries every route with a request that proves nothing. Nothing listens
// yet, and nothing is changed: who proves nothing is turned away before.
func (a *App) exposed(ctx context.Context) []Fact {
	var undeclared, open, unguarded, large []string
	tried := 0
	handler := a.Handler()
	for _, r := range a.Routes() {
		switch r.Proof {
		case Credential, Signature, Link, Nothing:
		default:
			undeclared = append(undeclared, r.Pattern)
		}
		if r.MaxBody > largestBody {
			large = append(large, fmt.Sprintf("%s takes %d bytes", r.Pattern, r.MaxBody))
		}
		if r.Proof != Credential && r.Proof != Signature && r.Proof != Link {
			continue
		}
		for _, method := range r.methods() {
			w := &status{header: http.Header{}}
			tried++
			asked, err := unproven(ctx, method, r.path(), tried)
			if err != nil {
				open = append(open, err.Error())
				continue
			}
			handler.ServeHTTP(w, asked)
			if !turnsAway(r.Proof, w.code) {
				open = append(open, fmt.Sprintf("%s %s answers %d", method, r.path(), w.code))
			}
			if w.Header().Get("X-Request-Id") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				unguarded = append(unguarded, method+" "+r.path())
			}
		}
	}
	var facts []Fact
	for _, f := range []struct {
		fact  Fact
		holes []string
	}{{proved, undeclared}, {closed, open}, {guardedAll, unguarded}, {bounded, large}} {
		facts = append(facts, f.fact.each(f.holes)...)
	}
	return facts
}

// turnsAway reports whether a status is one that who proved nothing may get. A
// provider's address that nobody has is not found, and cannot be looked for
// without a database; a link that opens nothing is not found.
func turnsAway(p Proof, code int) bool {
	hidden := p == Signature && (code == http.StatusNotFound || code == http.StatusServiceUnavailable) || p == Link && code == http.StatusNotFound
	return code == http.StatusUnauthorized || hidden
}

// methods are those that a pattern takes, of the two that could do anything.
func (r Route) methods() []string {
	if method, _, ok := strings.Cut(r.Pattern, " "); ok {
		return []string{method}
	}
	return []string{http.MethodGet, http.MethodPost}
}

// path is an address that the pattern matches.
func (r Route) path() string {
	_, path, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		path = r.Pattern
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = "x"
		}
	}
	return strings.Join(parts, "/")
}

// unproven is a request without a credential, for something that exists.
//
// Each comes from another address, so that no limit turns it away before.
func unproven(ctx context.Context, method, path string, n int) (*http.Request, error) {
	body := ""
	if method == http.MethodGet {
		path += "?query=%7B__typename%7D"
	} else {
		body = `{"query":"{__typename}"}`
	}
	r, err := http.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("trying a route: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	r.RemoteAddr = fmt.Sprintf("127.0.%d.%d:1", n/256, n%256)
	return r, nil
}

// status keeps what a handler answers with, but for the body. The zero code
// means that it answered nothing.
type status struct {
	header http.Header
	code   int
}

// Header implements http.ResponseWriter.
func (s *status) Header() http.Header { return s.header }

// WriteHeader implements http.ResponseWriter.
func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
}

// Write implements http.ResponseWriter.
func (s *status) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return len(p), nil
}
