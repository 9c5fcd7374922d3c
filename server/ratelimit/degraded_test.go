package ratelimit

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// watch collects what a Limiter tells the log and the metric.
type watch struct {
	mu  sync.Mutex
	log bytes.Buffer
	was []bool
}

func (w *watch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *watch) transition(degraded bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.was = append(w.was, degraded)
}

func (w *watch) seen() ([]bool, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]bool(nil), w.was...), bytes.Count(w.log.Bytes(), []byte("\n"))
}

func (w *watch) config(c *Config) {
	c.Nodes = 4
	c.Probe = 20 * time.Millisecond
	c.Log = slog.New(slog.NewTextHandler(w, nil))
	c.OnDegraded = w.transition
}

// Redis is killed while orgs work, stays away for a while and comes back.
func TestRedisKilledAndBack(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var w watch
	l := server.limiter(t, w.config)
	plan := Plan{Requests: 8, Burst: 8, Cost: 400} // a share of 2 and 100
	org := uuid.New()

	if got := spend(t, l, org, plan, 1); !got.Allowed || got.Degraded {
		t.Fatalf("with redis: %+v", got)
	}
	if err := errors.Join(l.Guard(Money), l.Guard(Telephony), l.Guard(Unknown)); err != nil {
		t.Fatalf("guarded with redis: %v", err)
	}

	server.kill()
	// No request fails, and together they stay at the share.
	allowed := 0
	for range 10 {
		got := spend(t, l, org, plan, 1)
		if !got.Degraded || got.Window(WindowOrg).Limit.Rate != 2 || got.Window(WindowCost).Limit.Rate != 100 {
			t.Fatalf("without redis: %+v", got)
		}
		if got.Allowed {
			allowed++
		}
	}
	if allowed != 2 {
		t.Errorf("%d requests passed without redis, want the share of 2", allowed)
	}
	if got := spend(t, l, uuid.New(), plan, 300); !got.Allowed || got.Window(WindowCost).Remaining != 0 {
		t.Errorf("a request dearer than the share: %+v", got)
	}
	if got := spend(t, l, uuid.New(), plan, 401); got.Allowed || got.RetryAfter() != Never {
		t.Errorf("a request dearer than the plan: %+v", got)
	}
	if got := spend(t, l, uuid.New(), slow, 1); !got.Allowed || got.Window(WindowOrg).Limit.Rate != 1 {
		t.Errorf("a share is at least one: %+v", got)
	}
	if !l.Degraded() || l.Guard(Ordinary) != nil {
		t.Error("ordinary actions stop")
	}
	for _, e := range []Effect{Unknown, Money, Telephony} {
		if !errors.Is(l.Guard(e), ErrDegraded) {
			t.Errorf("effect %d goes on", e)
		}
	}

	server.start(t)
	eventually(t, "redis is found again", func() bool { return !l.Degraded() })
	if got := spend(t, l, org, plan, 1); !got.Allowed || got.Degraded {
		t.Errorf("with redis again: %+v", got)
	}
	if err := l.Guard(Money); err != nil {
		t.Errorf("guarded with redis again: %v", err)
	}
	if was, lines := w.seen(); !cmp.Equal(was, []bool{true, false}) || lines != 2 {
		t.Errorf("transitions %v and %d log lines", was, lines)
	}
}

// Redis takes connections and says nothing. Many requests meet it at once.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var w watch
	l := server.limiter(t, func(c *Config) {
		w.config(c)
		c.Timeout = 100 * time.Millisecond
	})
	plan := Plan{Requests: 1_000, Burst: 1_000, Cost: 1_000}
	eventually(t, "redis has answered", func() bool { return !spend(t, l, uuid.New(), plan, 1).Degraded })

	server.signal(t, syscall.SIGSTOP)
	org := uuid.New()
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			got, err := l.Spend(t.Context(), Key{OrgID: org}, plan, 1)
			if err != nil || !got.Allowed || !got.Degraded {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	all.Wait()
	if was, lines := w.seen(); !cmp.Equal(was, []bool{true}) || lines != 1 {
		t.Errorf("64 failures made transitions %v and %d log lines", was, lines)
	}

	server.signal(t, syscall.SIGCONT)
	eventually(t, "redis is found again", func() bool { return !spend(t, l, org, plan, 1).Degraded })
}

// A Redis that answers but does not do its work is as good as gone.
func TestRedisReadOnly(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var w watch
	l := server.limiter(t, w.config)
	if err := l.Redis.ReplicaOf(t.Context(), "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if got := spend(t, l, uuid.New(), slow, 1); !got.Allowed || !got.Degraded {
			t.Fatalf("read-only: %+v", got)
		}
	}
	seen := probes(t, l)
	eventually(t, "three more probes", func() bool { return probes(t, l) >= seen+3 })
	if !l.Degraded() {
		t.Error("a probe took it for recovered")
	}
	if err := l.Redis.ReplicaOf(t.Context(), "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "redis is found again", func() bool { return !l.Degraded() })
}

// probes counts the batches that Redis has met, which while degraded are
// probes alone.
func probes(t *testing.T, l *Limiter) int {
	t.Helper()
	stats, err := l.Redis.InfoMap(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	var calls int
	if _, err := fmt.Sscanf(stats["Commandstats"]["cmdstat_echo"], "calls=%d", &calls); err != nil {
		t.Fatal(err)
	}
	return calls
}

// The share of a refused request is not charged in any window.
func TestShareIsAllOrNothing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b, err := newBuckets[uuid.UUID](1)
	if err != nil {
		t.Fatal(err)
	}
	org := uuid.New()
	for range slow.Requests {
		b.spend(org, now, slow.charges(10))
	}
	for range 5 {
		windows := b.spend(org, now, slow.charges(10))
		if windows[0].RetryAfter != 15*time.Second || windows[1].Remaining != 60 {
			t.Fatalf("%+v", windows)
		}
	}
	windows := b.spend(org, now.Add(time.Minute), slow.charges(90))
	if windows[0].Remaining != 4 || windows[1].RetryAfter == 0 {
		t.Errorf("%+v", windows)
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rate, burst, nodes int
		want               Limit
	}{
		{600, 200, 1, Limit{600, 200, time.Minute}},
		{600, 200, 3, Limit{200, 66, time.Minute}},
		{4, 2, 8, Limit{1, 1, time.Minute}},
		{0, 2, 8, Limit{}},
		{4, 0, 8, Limit{}},
	} {
		if got := (Limit{row.rate, row.burst, time.Minute}).share(row.nodes); got != row.want {
			t.Errorf("%+v: got %+v", row, got)
		}
	}
}

// A failure now and then is not an outage.
func TestBreakerCountsFailuresInARow(t *testing.T) {
	t.Parallel()
	b := breaker{threshold: 3}
	for range 10 {
		for range 2 {
			if b.failed() {
				t.Fatal("opened by two failures")
			}
		}
		b.succeeded()
	}
	opened := 0
	for range 5 {
		if b.failed() {
			opened++
		}
	}
	if opened != 1 || !b.open.Load() {
		t.Errorf("five in a row opened it %d times", opened)
	}
	b.succeeded()
	if !b.open.Load() {
		t.Error("a late answer closed it")
	}
	b.recovered()
	if b.open.Load() || b.failed() {
		t.Error("a recovery does not start afresh")
	}
}
