package server_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire stands between the server and Postgres, and can be cut.
type wire struct {
	dir, to  string
	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
}

// newWire returns a wire to the database of dsn, and the dsn through it.
func newWire(t *testing.T, dsn string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	port := q.Get("port")
	if port == "" {
		port = "5432"
	}
	dir, err := os.MkdirTemp("", "wire") //nolint:usetesting // short: a socket's path is at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &wire{dir: filepath.Join(dir, ".s.PGSQL."+port), to: filepath.Join(q.Get("host"), ".s.PGSQL."+port)}
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	w.mend(t)
	t.Cleanup(w.cut)
	return w, u.String()
}

func (w *wire) mend(t *testing.T) {
	t.Helper()
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "unix", w.dir)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.listener = l
	w.mu.Unlock()
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := (&net.Dialer{Timeout: time.Second}).Dial("unix", w.to)
			if err != nil {
				_ = in.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, in, out)
			w.mu.Unlock()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
		}
	}()
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.listener.Close()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// Postgres goes away: /readyz says so, requests are refused at once, and when
// it is back nobody needs to restart anything.
func TestPostgresGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	wire, dsn := newWire(t, s.AppDSN)
	s.config.DatabaseURL = dsn
	s.start(t)
	nurse := s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	ready := func() bool { return s.do(t, http.MethodGet, "/readyz", "").Status == http.StatusOK }
	eventually(t, "ready", ready)
	if got := s.ask(t, calls, bearer(nurse)); len(got.Errors) > 0 {
		t.Fatal(got.Body)
	}
	wire.cut()
	eventually(t, "not ready", func() bool { return !ready() })
	if got := s.do(t, http.MethodGet, "/readyz", ""); got.Status != http.StatusServiceUnavailable || !strings.Contains(got.Body, `"postgres":"down"`) {
		t.Errorf("readyz: %d %s", got.Status, got.Body)
	}
	if got := s.do(t, http.MethodGet, "/healthz", ""); got.Status != http.StatusOK {
		t.Errorf("healthz: %d", got.Status)
	}
	got := s.ask(t, calls, bearer(nurse))
	if got.Status != http.StatusServiceUnavailable || !got.is("UNAVAILABLE", "database_unavailable") || got.Header.Get("Retry-After") == "" {
		t.Errorf("while it is away: %d %s", got.Status, got.Body)
	}
	wire.mend(t)
	eventually(t, "ready again", ready)
	if got := s.ask(t, calls, bearer(nurse)); !strings.Contains(got.Body, "canary-sunrise") {
		t.Errorf("after: %d %s", got.Status, got.Body)
	}
}

// The audit cannot be written: nothing that needed a record is served, and
// when it can again the server notices by itself and marks the gap.
func TestTheAuditFailsAndRecovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	nurse := s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	ready := func() bool { return s.do(t, http.MethodGet, "/readyz", "").Status == http.StatusOK }
	eventually(t, "ready", ready)
	s.Exec(t, `alter table audit_decisions add constraint full_disk check (false) not valid`)
	got := s.ask(t, calls, bearer(nurse))
	if !got.is("UNAVAILABLE", "") || strings.Contains(got.Body, "canary") {
		t.Errorf("without a record: %s", got.Body)
	}
	got = s.ask(t, calls, bearer(nurse), "X-Cascade-Org: elsewhere")
	if !got.is("UNAVAILABLE", "audit_unavailable") {
		t.Errorf("a refusal without a record: %s", got.Body)
	}
	eventually(t, "not ready", func() bool { return !ready() })
	s.Exec(t, `alter table audit_decisions drop constraint full_disk`)
	eventually(t, "ready again", ready)
	if n := s.count(t, `select count(*) from audit_decisions where reason = 'audit_resumed'`); n != 1 {
		t.Errorf("%d records mark the gap", n)
	}
	if got := s.ask(t, calls, bearer(nurse)); !strings.Contains(got.Body, "canary-sunrise") {
		t.Errorf("after: %s", got.Body)
	}
}

// Redis goes away: no request fails for it.
func TestLimitsHoldWithoutRedis(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	s.config.RedisURL = "redis://127.0.0.1:1"
	s.start(t)
	nurse := s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	for range 5 {
		if got := s.ask(t, calls, bearer(nurse)); len(got.Errors) > 0 || got.Header.Get("RateLimit") == "" {
			t.Fatalf("%s %v", got.Body, got.Header)
		}
	}
	eventually(t, "/readyz says that limits are degraded", func() bool {
		got := s.do(t, http.MethodGet, "/readyz", "")
		return got.Status == http.StatusOK && strings.Contains(got.Body, `"limits":"degraded"`)
	})
	if got := s.do(t, http.MethodGet, "/metrics", ""); !strings.Contains(got.Body, "cascade_limits_degraded 1") {
		t.Errorf("metrics: %.300s", got.Body)
	}
}

// SIGTERM: /readyz turns requests away while they are still served; one in
// flight ends with its answer, and the program with no error.
func TestDrainingDropsNothing(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	s.config.DrainDelay = 300 * time.Millisecond
	s.start(t)
	nurse := s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	eventually(t, "ready", func() bool { return s.do(t, http.MethodGet, "/readyz", "").Status == http.StatusOK })

	// One request whose body is still on its way.
	body, send := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+nurse)
	slow := make(chan string, 1)
	go func() {
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			slow <- err.Error()
			return
		}
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(resp.Body)
		slow <- string(text)
	}()
	if _, err := io.WriteString(send, `{"query": "{ calls(first: 5)`); err != nil {
		t.Fatal(err)
	}
	s.stop()
	eventually(t, "/readyz says that it drains", func() bool {
		got := s.do(t, http.MethodGet, "/readyz", "")
		return got.Status == http.StatusServiceUnavailable && strings.Contains(got.Body, "draining")
	})
	if got := s.ask(t, calls, bearer(nurse)); !strings.Contains(got.Body, "canary-sunrise") {
		t.Errorf("a request that came late: %s", got.Body)
	}
	eventually(t, "the port is closed", func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	if _, err := io.WriteString(send, ` { nodes { callerName } } }"}`); err != nil {
		t.Fatal(err)
	}
	_ = send.Close()
	if got := <-slow; !strings.Contains(got, "canary-sunrise") {
		t.Errorf("the request in flight: %s", got)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if n := s.count(t, `select count(distinct request_id) from audit_decisions where allow`); n != 2 {
		t.Errorf("%d requests are on record", n)
	}
}
