package decisionlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/decisionlog"
)

// siem is a server that takes events, and fails in the ways that servers do, one
// after another.
type siem struct {
	*httptest.Server
	mu     sync.Mutex
	faults []func(http.ResponseWriter, *http.Request) bool // true: it failed
	events []decisionlog.Event
	bad    string // a decision that it never takes
}

func newSIEM(t *testing.T, faults ...func(http.ResponseWriter, *http.Request) bool) *siem {
	t.Helper()
	s := &siem{faults: faults}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.faults) > 0 {
			fault := s.faults[0]
			s.faults = s.faults[1:]
			if fault(w, r) {
				return
			}
		}
		if r.Method != http.MethodPost || r.URL.Path != "/logs" || r.Header.Get("Authorization") != "Bearer let-me-in" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		events := unpack(t, r)
		for _, e := range events {
			if e.DecisionID == s.bad {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
		}
		s.events = append(s.events, events...)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *siem) sink(t *testing.T) decisionlog.Sink {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("let-me-in\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sink, err := decisionlog.Open(s.URL, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	return sink
}

func status(code int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(code)
		return true
	}
}

// cutOff takes what it is sent and is gone before it has answered.
func cutOff(t *testing.T, s *siem) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		s.events = append(s.events, unpack(t, r)...)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return true
		}
		_ = conn.Close()
		return true
	}
}

// drain sends until everything is sent, and returns what failed on the way.
func drain(t *testing.T, e *decisionlog.Exporter) (failures []error) {
	t.Helper()
	for range 100 {
		sent, err := e.RunOnce(t.Context())
		switch {
		case err != nil:
			failures = append(failures, err)
		case sent == 0:
			return failures
		}
	}
	t.Fatal("it never ends")
	return nil
}

// A sink that fails, cuts off, restarts and refuses gets every decision in the
// end, each chain in its order.
func TestASinkThatFailsGetsEverything(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	a, b := newID(), newID()
	s.decide(t, 400, a, b)
	s.decide(t, 30, a)
	to := newSIEM(t)
	to.faults = []func(http.ResponseWriter, *http.Request) bool{
		status(503), cutOff(t, to), status(429), func(http.ResponseWriter, *http.Request) bool { return false }, status(301), cutOff(t, to), status(401),
	}
	e := s.exporter(to.sink(t))
	failures := drain(t, e)
	if len(failures) != 6 {
		t.Errorf("%d failures: %v", len(failures), failures)
	}
	if later, ok := errors.AsType[*decisionlog.Later](failures[0]); !ok || later.After != 7*time.Second || later.Status != 503 {
		t.Errorf("a sink that says when: %v", failures[0])
	}
	s.check(t, to.events, 0)
	stats, err := e.Stats(t.Context())
	if err != nil || stats.Lag != 0 || stats.Delivered != one[int64](t, s, `select count(*) from audit_decisions`) {
		t.Errorf("%+v, %v", stats, err)
	}
	// What is decided later follows, and nothing comes again.
	had := len(to.events)
	more := s.decide(t, 5, b)
	s.now = s.now.Add(time.Minute)
	if stats, err = e.Stats(t.Context()); err != nil || stats.Lag < time.Minute-time.Second {
		t.Errorf("%+v, %v", stats, err)
	}
	drain(t, e)
	if len(to.events) != had+more {
		t.Errorf("%d events more, want %d", len(to.events)-had, more)
	}
	s.check(t, to.events, 0)
}

// One decision that the sink will not take is set aside, where it can be seen,
// and the rest go on; a sink that takes nothing has nothing set aside.
func TestARefusedDecisionIsSetAside(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := newID()
	s.decide(t, 50, org)
	to := newSIEM(t)
	to.bad = one[string](t, s, `select id::text from audit_decisions where chain = 'org:' || $1::text and seq = 17`, org)
	e := s.exporter(to.sink(t))
	if failures := drain(t, e); failures != nil {
		t.Fatal(failures)
	}
	s.check(t, to.events, 1)
	if got := one[string](t, s, `select chain || ' ' || seq || ' ' || status from decision_log.refused`); got != "org:"+org.String()+" 17 400" {
		t.Errorf("set aside: %s", got)
	}
	if stats, err := e.Stats(t.Context()); err != nil || stats.SetAside != 1 || stats.Refused != 1 {
		t.Errorf("%+v, %v", stats, err)
	}
	s.decide(t, 3, org)
	refuseAll := make([]func(http.ResponseWriter, *http.Request) bool, 0, 30)
	for range 30 {
		refuseAll = append(refuseAll, status(413))
	}
	to.faults = refuseAll
	if sent, err := e.RunOnce(t.Context()); sent != 0 || err == nil {
		t.Errorf("sent %d, %v", sent, err)
	}
	if n := one[int](t, s, `select count(*) from decision_log.refused`); n != 1 {
		t.Errorf("%d set aside", n)
	}
	to.faults = nil
	drain(t, e)
	s.check(t, to.events, 1)
}

// dying is a sink in front of whose second delivery the process dies: after the
// sink has kept it, before anybody noted that.
type dying struct {
	decisionlog.Sink
	kill func()
}

func (d dying) Deliver(ctx context.Context, events [][]byte) error {
	err := d.Sink.Deliver(ctx, events)
	d.kill()
	return err
}

func TestAProcessThatDiesLosesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.decide(t, 40, newID(), newID())
	to := newSIEM(t)
	for range 3 {
		ctx, kill := context.WithCancel(t.Context())
		if _, err := s.exporter(dying{to.sink(t), kill}).RunOnce(ctx); err == nil {
			t.Error("it was killed")
		}
		s.Exec(t, `update decision_log.sinks set until = now()`) // its lease ends with it, in time
	}
	if n := one[int](t, s, `select count(*) from decision_log.cursors`); n != 0 {
		t.Errorf("%d chains were noted", n)
	}
	drain(t, s.exporter(to.sink(t)))
	s.check(t, to.events, 0)
}

// Of two processes one sends; the other goes on when it is gone. One that was
// too slow notes nothing.
func TestOneProcessSends(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.decide(t, 10, newID())
	to := newSIEM(t)
	first, second := s.exporter(to.sink(t)), s.exporter(to.sink(t))
	if sent, err := first.RunOnce(t.Context()); sent == 0 || err != nil {
		t.Errorf("the first sent %d, %v", sent, err)
	}
	s.decide(t, 10, newID())
	if sent, err := second.RunOnce(t.Context()); sent != 0 || err != nil {
		t.Errorf("the second sent %d, %v", sent, err)
	}
	slow := s.exporter(dying{to.sink(t), func() { s.Exec(t, `update decision_log.sinks set holder = gen_random_uuid()`) }})
	s.Exec(t, `update decision_log.sinks set until = now()`)
	cursors := one[string](t, s, `select string_agg(chain || seq, ' ' order by chain) from decision_log.cursors`)
	if sent, err := slow.RunOnce(t.Context()); sent != 0 || err == nil {
		t.Errorf("the slow one noted %d, %v", sent, err)
	}
	if got := one[string](t, s, `select string_agg(chain || seq, ' ' order by chain) from decision_log.cursors`); got != cursors {
		t.Errorf("noted %s after %s", got, cursors)
	}
	s.Exec(t, `update decision_log.sinks set until = now()`)
	drain(t, second)
	s.check(t, to.events, 0)
	// A run that ends gives its lease back.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	second.Run(ctx)
	if sent, err := first.RunOnce(t.Context()); err != nil || !one[bool](t, s, `select until > now() from decision_log.sinks`) {
		t.Errorf("the first again: %d, %v", sent, err)
	}
}

// Decisions are read under a scope that the policy gives, or not at all.
func TestWithoutAScopeNothingIsSent(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.decide(t, 3, newID())
	s.policies = denying{s.policies}
	to := newSIEM(t)
	_, err := s.exporter(to.sink(t)).RunOnce(t.Context())
	if _, denied := errors.AsType[*policy.Denied](err); !denied || len(to.events) > 0 {
		t.Errorf("%v, %d events", err, len(to.events))
	}
	if got := one[string](t, s, `select subject_kind || ' ' || credential_type || ' ' || action || ' ' || resource || ' ' || allow from audit_decisions where credential_id = 'decision-log'`); got != "auditor job read audit_decision false" {
		t.Errorf("the record: %s", got)
	}
}

type denying struct{ policy.Source }

func (d denying) For(orgs []uuid.UUID) policy.Decider { return denier{d.Source.For(orgs)} }

type denier struct{ policy.Decider }

func (d denier) Decide(_ context.Context, q policy.Request) policy.Decision {
	return policy.Deny(q, "no", policy.Evidence{ID: newID()})
}

// A file has a line for each decision, whole whatever happened in between, and is
// put away when it is full.
func TestAFile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	open := func() decisionlog.Sink {
		t.Helper()
		sink, err := decisionlog.OpenFile("file://"+path, 20_000)
		if err != nil {
			t.Fatal(err)
		}
		return sink
	}
	for i := range 4 {
		s.decide(t, 15, newID())
		sink := open()
		e := s.exporter(sink)
		s.Exec(t, `update decision_log.sinks set until = now()`)
		if failures := drain(t, e); failures != nil {
			t.Fatal(failures)
		}
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
		if i == 2 { // a crash in the middle of a line
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteString(`{"labels":{"app"` + strings.Repeat(" ", 9000))
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	names, err := filepath.Glob(path + "*")
	if err != nil || len(names) < 3 {
		t.Fatalf("files: %v, %v", names, err)
	}
	var events []decisionlog.Event
	for _, name := range append(names[1:], names[0]) { // .1, .2, ..., and the one in use
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var e decisionlog.Event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			events = append(events, e)
		}
	}
	s.check(t, events, 0)
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"file:///var/log/decisions.jsonl": true, "https://siem.example.com": true, "https://siem.example.com/in/cascade": true, "http://127.0.0.1:8088/logs": true,
		"": false, "file://host/path": false, "file:///dir/": false, "https://": false, "https://user:secret@host/": false, "https://host/?token=secret": false,
		"ftp://host/path": false, "decisions.jsonl": false,
	} {
		if _, err := decisionlog.Open(address, ""); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		} else if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error holds it", address)
		}
	}
}
