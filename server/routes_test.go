package server_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/console"
	"github.com/voxanne/cascade/server/demo"
)

// What is no GraphQL answers with a problem (RFC 9457) that says which request it was.
func TestEverythingElseSpeaksProblems(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	nurse := bearer(s.member(t, "nurse", "staff", s.clinic(t, "sunrise")))
	const json = "Content-Type: application/json"
	for _, tc := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     string
	}{
		{"nothing there", "GET", "/nowhere?token=secret-word", "", nil, 404, "NOT_FOUND"},
		{"no such method", "PUT", "/graphql", "{}", []string{nurse, json}, 405, "BAD_USER_INPUT"},
		{"no JSON", "POST", "/graphql", "{}", []string{nurse, "Content-Type: text/plain"}, 415, "BAD_USER_INPUT"},
		{"too large", "POST", "/graphql", `{"query":"` + strings.Repeat("x", 1<<20) + `"}`, []string{nurse, json}, 413, "TOO_COMPLEX"},
		{"led here under another's name", "POST", "/graphql", "{}", []string{nurse, json, "Origin: http://evil.example", "Host: evil.example"}, 421, "FORBIDDEN"},
	} {
		got := s.do(t, tc.method, tc.path, tc.body, tc.headers...)
		if got.Status != tc.status || got.Header.Get("Content-Type") != "application/problem+json" ||
			!strings.Contains(got.Body, `"code":"`+tc.code+`"`) || !strings.Contains(got.Body, `"requestId":"`+got.Header.Get("X-Request-Id")) {
			t.Errorf("%s: %d %s", tc.name, got.Status, got.Body)
		}
	}
	for _, secret := range []string{"secret-word", "nowhere", "evil.example", "canary"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	got := s.do(t, "GET", "/metrics", "")
	for _, line := range []string{
		`cascade_http_requests_total{method="PUT",route="/graphql",status="405"} 1`,
		`cascade_up{part="postgres"} 1`, `cascade_refused_total{reason="NOT_FOUND"} 1`, "go_goroutines", "cascade_pool_connections",
	} {
		if !strings.Contains(got.Body, line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

// A dashboard of another origin is let in by name, and by no other.
func TestDashboardsOfOtherOrigins(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	s.config.Origins = []string{"https://app.example.com"}
	s.start(t)
	nurse := bearer(s.member(t, "nurse", "staff", s.clinic(t, "sunrise")))
	const named = "Host: api.example.com"
	preflight := s.do(t, "OPTIONS", "/graphql", "", named, "Origin: https://app.example.com", "Access-Control-Request-Method: POST")
	if preflight.Status != http.StatusNoContent || preflight.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" ||
		!strings.Contains(preflight.Header.Get("Access-Control-Allow-Headers"), "X-Cascade-Org") {
		t.Errorf("preflight: %d %v", preflight.Status, preflight.Header)
	}
	if got := s.ask(t, calls, nurse, named, "Origin: https://app.example.com"); got.Header.Get("Access-Control-Allow-Origin") == "" || got.Header.Get("Vary") != "Origin" {
		t.Errorf("%d %v", got.Status, got.Header)
	}
	for _, method := range []string{"OPTIONS", "POST"} {
		got := s.do(t, method, "/graphql", "", named, nurse, "Origin: https://evil.example", "Access-Control-Request-Method: POST")
		if got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("evil %s: %v", method, got.Header)
		}
	}
}

// What a program adds: a page, routes of its own, another port for metrics. A
// panic in one is a 500 whose text stays in the log.
func TestAProgramAddsItsOwn(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	var listen net.ListenConfig
	free, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.config.MetricsAddr = free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	listening, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- server.Run(ctx, s.config, server.Deps{
			Log: server.NewLog(s.log, slog.LevelInfo), Console: console.Handler(console.Config{}), Introspection: true,
			Routes: func(a *server.App) []server.Route {
				return []server.Route{
					{Pattern: "GET /revision", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						_, _ = io.WriteString(w, a.Engine().Current().Revision())
					})},
					{Pattern: "POST /small", MaxBody: 4, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						_, err := io.ReadAll(r.Body)
						panic(err)
					})},
				}
			},
			Listening: func(_ *server.App, addr net.Addr) { listening <- addr },
		})
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	s.url = "http://" + (<-listening).String()
	if got := s.do(t, "GET", "/revision", ""); got.Status != http.StatusOK || len(got.Body) < 8 {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	got := s.do(t, "POST", "/small", "too much")
	if got.Status != http.StatusInternalServerError || !strings.Contains(got.Body, `"code":"INTERNAL"`) || strings.Contains(got.Body, "large") {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if !strings.Contains(s.log.String(), "request body too large") {
		t.Error("the panic is not in the log")
	}
	for _, path := range []string{"/graphql", "/console/"} {
		page := s.do(t, "GET", path, "", "Accept: text/html", "Sec-Fetch-Mode: navigate")
		if page.Status != http.StatusOK || !strings.Contains(page.Body, "<html") || !strings.Contains(page.Header.Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s: %d %v", path, page.Status, page.Header)
		}
		if rebound := s.do(t, "GET", path, "", "Accept: text/html", "Sec-Fetch-Mode: navigate", "Host: evil.example"); rebound.Status != http.StatusMisdirectedRequest {
			t.Errorf("%s rebound: %d", path, rebound.Status)
		}
	}
	if got := s.do(t, "GET", "/metrics", ""); got.Status != http.StatusNotFound {
		t.Errorf("metrics beside the API: %d", got.Status)
	}
	s.url = "http://" + s.config.MetricsAddr
	if got := s.do(t, "GET", "/metrics", ""); !strings.Contains(got.Body, `route="POST /small",status="500"`) {
		t.Errorf("metrics: %.200s", got.Body)
	}
}

// Spans go to the collector, and hold no value of anyone's.
func TestTracesAreSent(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	sent := make(chan string, 64)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			sent <- string(body)
		}
	}))
	t.Cleanup(collector.Close)
	s.config.OTLPEndpoint = collector.URL
	s.start(t)
	nurse := s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	if got := s.ask(t, calls, bearer(nurse)); len(got.Errors) > 0 {
		t.Fatal(got.Body)
	}
	s.stop() // sends what is left
	if err := <-s.ended; err != nil {
		t.Fatal(err)
	}
	close(sent)
	var all strings.Builder
	for body := range sent {
		all.WriteString(body)
	}
	for _, want := range []string{"POST /graphql", "directory", "decide", "sql SELECT", "redis"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no span says %q", want)
		}
	}
	for _, secret := range []string{"canary", nurse, "nurse"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("a span holds %q", secret)
		}
	}
}

// Somebody of a development server is signed in with its own key, and with no other.
func TestATokenNeedsTheKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func() {
		const manifest = `{"url": "http://127.0.0.1:8080", "app_dsn": "postgres://a", "orgs": [{"members": [{"email": "owner@sunrise.test"}]}],
			"platform": [{"email": "sec@cascade.test"}]}`
		if err := os.WriteFile(filepath.Join(dir, server.DataManifest), []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := server.Token(dir, "owner@sunrise.test", time.Hour, true, time.Now); err == nil {
		t.Error("a token without a key")
	}
	issuer, err := auth.CreateIssuer(filepath.Join(dir, server.DataIssuerKey))
	if err != nil {
		t.Fatal(err)
	}
	write()
	keys := httptest.NewServer(issuer.JWKSHandler())
	t.Cleanup(keys.Close)
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Issuer: demo.Issuer, Audience: demo.Audience, JWKSURL: keys.URL})
	if err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"Owner@Sunrise.test", "sec@cascade.test"} {
		token, err := server.Token(dir, email, time.Hour, true, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if claims, err := verifier.Verify(t.Context(), token); err != nil || claims.Subject != demo.SubjectOf(email) || !strings.EqualFold(claims.Email, email) {
			t.Errorf("%+v, %v", claims, err)
		}
	}
	if c, err := server.DataConfig(dir); err != nil || c.DatabaseURL != "postgres://a" || c.JWKSURL != "http://127.0.0.1:8080/.well-known/jwks.json" {
		t.Errorf("%+v, %v", c, err)
	}
}
