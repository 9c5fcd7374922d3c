package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// slow gives back a request every 15 seconds, so that none comes back while a
// test runs.
var slow = Plan{Requests: 4, Burst: 4, Cost: 100}

func TestBusyOrgSlowsNobody(t *testing.T) {
	t.Parallel()
	l := startRedis(t).limiter(t, nil)
	busy, calm := uuid.New(), uuid.New()

	for i := range slow.Requests {
		if got := spend(t, l, busy, slow, 1); !got.Allowed || got.Window(WindowOrg).Remaining != slow.Requests-1-i {
			t.Fatalf("request %d: %+v", i, got)
		}
	}
	for range 20 {
		got := spend(t, l, busy, slow, 1)
		if got.Allowed || got.Degraded {
			t.Fatalf("past the limit: %+v", got)
		}
		if wait := got.RetryAfter(); wait <= 0 || wait > 15*time.Second {
			t.Fatalf("told to wait %s", wait)
		}
	}
	got := spend(t, l, calm, slow, 7)
	if !got.Allowed || got.Window(WindowOrg).Remaining != 3 || got.Window(WindowCost).Remaining != 93 {
		t.Errorf("the calm org: %+v", got)
	}
}

func TestRefusalByOneWindowSparesTheOther(t *testing.T) {
	t.Parallel()
	l := startRedis(t).limiter(t, nil)

	// Requests run out: cost points stay.
	org := uuid.New()
	for range slow.Requests {
		spend(t, l, org, slow, 10)
	}
	for range 30 {
		got := spend(t, l, org, slow, 10)
		if left := got.Window(WindowCost).Remaining; got.Allowed || left != 60 {
			t.Fatalf("%d cost points left, want 60: %+v", left, got)
		}
	}

	// So they do where none was spent before, but for a unit or two.
	org = uuid.New()
	for range slow.Requests {
		spend(t, l, org, slow, 0)
	}
	for range 30 {
		got := spend(t, l, org, slow, 10)
		if left := got.Window(WindowCost).Remaining; got.Allowed || left < 98 {
			t.Fatalf("%d cost points left, want at least 98: %+v", left, got)
		}
	}

	// Cost points run out: requests stay, and so do the points too few.
	org = uuid.New()
	spend(t, l, org, slow, 95)
	for range 30 {
		got := spend(t, l, org, slow, 10)
		requests, points := got.Window(WindowOrg).Remaining, got.Window(WindowCost).Remaining
		if got.Allowed || requests < 2 || points != 5 {
			t.Fatalf("%d requests and %d points left, want at least 2 and 5", requests, points)
		}
	}
	if got := spend(t, l, org, slow, 5); !got.Allowed {
		t.Errorf("what remains cannot be spent: %+v", got)
	}
}

func TestPlanChangeWorksAtOnce(t *testing.T) {
	t.Parallel()
	l := startRedis(t).limiter(t, nil)
	org := uuid.New()
	spend(t, l, org, slow, 50)
	spend(t, l, org, slow, 0)

	// Half of the requests and of the cost are spent; then the org moves up.
	large := Plan{Requests: 400, Burst: 400, Cost: 10_000}
	got := spend(t, l, org, large, 1)
	if r, c := got.Window(WindowOrg).Remaining, got.Window(WindowCost).Remaining; !got.Allowed || r < 199 || r > 210 || c < 4_999 || c > 5_020 {
		t.Errorf("moved up: %d requests and %d points left", r, c)
	}
	// It moves down, and what it spent stays spent.
	got = spend(t, l, org, slow, 0)
	if r := got.Window(WindowOrg).Remaining; !got.Allowed || r > 1 {
		t.Errorf("moved down: %d requests left", r)
	}
	// It is suspended: nothing passes, and nothing tells it to wait.
	if got := spend(t, l, org, Plan{}, 0); got.Allowed || got.RetryAfter() != Never {
		t.Errorf("the zero plan: %+v", got)
	}
}

func TestSpendTable(t *testing.T) {
	t.Parallel()
	l := startRedis(t).limiter(t, nil)
	for _, row := range []struct {
		name    string
		plan    Plan
		cost    int
		allowed bool
		wait    time.Duration
	}{
		{"free operation", slow, 0, true, 0},
		{"all points at once", slow, 100, true, 0},
		{"dearer than the window ever holds", slow, 101, false, Never},
		{"no requests", Plan{Burst: 1, Cost: 1}, 0, false, Never},
		{"no burst", Plan{Requests: 1, Cost: 1}, 0, false, Never},
		{"no cost points", Plan{Requests: 1, Burst: 1}, 0, false, Never},
		{"burst above requests counts as requests", Plan{Requests: 4, Burst: 400, Cost: 10}, 1, true, 0},
	} {
		got := spend(t, l, uuid.New(), row.plan, row.cost)
		if got.Allowed != row.allowed || got.RetryAfter() != row.wait || got.Degraded {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
	if _, err := l.Spend(t.Context(), Key{}, slow, 1); err == nil {
		t.Error("no org could spend")
	}
	if _, err := l.Spend(t.Context(), Key{OrgID: uuid.New()}, slow, -1); err == nil {
		t.Error("a negative cost could be spent")
	}
	if got := (Result{}); got.Allowed || got.RetryAfter() != Never {
		t.Error("the zero result does not refuse")
	}
}

func TestConcurrentSpendIsExact(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	// Two nodes, each with connections of its own.
	nodes := []*Limiter{server.limiter(t, nil), server.limiter(t, nil)}
	org, plan := uuid.New(), Plan{Requests: 1_000_000, Burst: 1_000_000, Cost: 100}
	var passed atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for range 5 {
				got, err := nodes[i%2].Spend(t.Context(), Key{OrgID: org}, plan, 1)
				if err != nil || got.Degraded {
					t.Errorf("%+v %v", got, err)
					return
				}
				if got.Allowed {
					passed.Add(1)
				}
			}
		})
	}
	all.Wait()
	if passed.Load() != 100 {
		t.Errorf("%d passed, want exactly 100", passed.Load())
	}
}

func TestCallerWhoLeftIsNoFaultOfRedis(t *testing.T) {
	t.Parallel()
	l := startRedis(t).limiter(t, func(c *Config) { c.Failures = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Spend(ctx, Key{OrgID: uuid.New()}, slow, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if l.Degraded() {
		t.Error("degraded")
	}
}

// outOfStep changes the replies to every pipeline, as a connection would on
// which an earlier reply was never read.
type outOfStep func(cmds []redis.Cmder)

func (outOfStep) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (outOfStep) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (change outOfStep) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		change(cmds)
		return err
	}
}

// reply puts value in place of the reply to the nth command.
func reply(nth int, value any) outOfStep {
	return func(cmds []redis.Cmder) {
		switch cmd := cmds[nth].(type) {
		case *redis.Cmd:
			cmd.SetVal(value)
		case *redis.StringCmd:
			cmd.SetVal(fmt.Sprint(value))
		}
	}
}

func TestReplyToAnotherQuestionIsNotTaken(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	for name, change := range map[string]outOfStep{
		"another org's": reply(0, uuid.NewString()),
		"a status":      reply(1, "OK"),
		"too short":     reply(1, []any{int64(1)}),
		"another cost":  reply(2, []any{int64(9), int64(1), "-1", "1"}),
		"more than all": reply(2, []any{int64(1), int64(101), "-1", "1"}),
		"no time":       reply(1, []any{int64(1), int64(1), "-1", "soon"}),
		"not a number":  reply(1, []any{int64(1), int64(1), int64(1), "1"}),
	} {
		l := server.limiter(t, nil)
		spend(t, l, uuid.New(), slow, 1) // the script is known from here on
		l.Redis.AddHook(change)
		if got := spend(t, l, uuid.New(), slow, 1); !got.Degraded || !got.Allowed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestRedisThatForgotTheScript(t *testing.T) {
	t.Parallel()
	l := startRedis(t).limiter(t, nil)
	org := uuid.New()
	for want := slow.Requests - 1; want >= 0; want-- {
		if err := l.Redis.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if got := spend(t, l, org, slow, 1); got.Degraded || got.Window(WindowOrg).Remaining != want {
			t.Errorf("want %d left: %+v", want, got)
		}
	}
}

func TestNewRedis(t *testing.T) {
	t.Parallel()
	client, err := NewRedis("redis://u:p@127.0.0.1:6379/3?pool_size=7&read_timeout=1s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	o := client.Options()
	if !o.DisableIdentity || o.MaxRetries > 0 || o.DB != 3 || o.PoolSize != 7 {
		t.Errorf("options %+v", o)
	}
	want := []time.Duration{200 * time.Millisecond, time.Second, 250 * time.Millisecond}
	if diff := cmp.Diff(want, []time.Duration{o.DialTimeout, o.ReadTimeout, o.WriteTimeout}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, url := range []string{
		"", "127.0.0.1:6379", "http://h:6379", "redis://h:6379/x", "redis://h:6379?pool_sise=4",
		"redis://:s3cret@h:port", "redis://:s3cret%zz@h", "redis://u:s3cret@h:6379/0?max_retries=many",
	} {
		_, err := NewRedis(url)
		if err == nil || !strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestNewRefusesHalfAConfig(t *testing.T) {
	t.Parallel()
	client, err := NewRedis("redis://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	log := slog.New(slog.DiscardHandler)
	for _, c := range []Config{{}, {Redis: client, Log: log}, {Log: log, Nodes: 1}, {Redis: client, Nodes: 1}} {
		if _, err := New(c); err == nil {
			t.Errorf("made from %+v", c)
		}
	}
}
