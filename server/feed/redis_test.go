package feed_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	graphfeed "github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/server/feed"
)

// node is one process of several, with a wire to Redis that a test can cut.
type node struct {
	*feed.Redis
	client *redis.Client
	wire   *wire
	log    *log
}

// wire is the way to Redis.
type wire struct {
	mu    sync.Mutex
	conns []net.Conn
	cut   bool
	dials int
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return nil, errors.New("the wire is cut")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		w.conns = append(w.conns, conn)
		w.dials++
	}
	return conn, err
}

// set cuts the wire, with every connection in it, or mends it.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for _, conn := range w.conns {
			_ = conn.Close()
		}
		w.conns = nil
	}
}

// log is where a node's lines go.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) has(line string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), line)
}

func newNode(t *testing.T, redisURL string) *node {
	t.Helper()
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{wire: &wire{}, log: &log{}}
	options.Dialer, options.DialerRetries, options.MaxRetries = n.wire.dial, 1, -1
	n.client = redis.NewClient(options)
	n.Redis, err = feed.New(feed.Config{
		Client: n.client, Log: slog.New(slog.NewTextHandler(n.log, nil)), Node: uuid.New(),
		ConfirmTimeout: 5 * time.Second, HealthCheck: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(n.Close(), n.client.Close()); err != nil {
			t.Error(err)
		}
	})
	return n
}

// watch follows orgs until cancel or the end of the test.
func (n *node) watch(t *testing.T, orgs ...uuid.UUID) (<-chan graphfeed.CallEvent, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	events, err := n.Subscribe(ctx, orgs)
	if err != nil {
		t.Fatal(err)
	}
	return events, cancel
}

func (n *node) tell(t *testing.T, e graphfeed.CallEvent) {
	t.Helper()
	if err := n.Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func hears(t *testing.T, events <-chan graphfeed.CallEvent, want graphfeed.CallEvent) {
	t.Helper()
	select {
	case got := <-events:
		if got != want {
			t.Errorf("heard %v, want %v", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("heard nothing")
	}
}

// eventually waits until is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(15 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

// listeners is how many connections Redis knows that listen for org.
func (n *node) listeners(t *testing.T, org uuid.UUID) int64 {
	t.Helper()
	name := "cascade:calls:1:" + org.String()
	count, err := n.client.PubSubNumSub(t.Context(), name).Result()
	if err != nil {
		t.Fatal(err)
	}
	return count[name]
}

func event(org uuid.UUID) graphfeed.CallEvent {
	return graphfeed.CallEvent{OrgID: org, CallID: uuid.New()}
}

// What one process changes, streams of another hear, each its own clinic's, and
// once; streams of the same process hear it once as well.
func TestAChangeReachesEveryProcess(t *testing.T) {
	t.Parallel()
	url := dbtest.Open(t).RedisURL
	one, two := newNode(t, url), newNode(t, url)
	sunrise, harbor := uuid.New(), uuid.New()
	here, _ := one.watch(t, sunrise)
	there, _ := two.watch(t, sunrise)
	other, _ := two.watch(t, harbor)
	for range 20 {
		a, b := event(sunrise), event(harbor)
		one.tell(t, a)
		one.tell(t, b)
		hears(t, here, a)
		hears(t, there, a)
		hears(t, other, b)
	}
	last := event(sunrise)
	two.tell(t, last)
	hears(t, here, last)
	hears(t, there, last)
}

// However many watch a clinic, Redis has one listener in each process, and none
// when the last has gone.
func TestOneSubscriptionForEachOrg(t *testing.T) {
	t.Parallel()
	url := dbtest.Open(t).RedisURL
	n, other := newNode(t, url), newNode(t, url)
	org := uuid.New()
	var cancels []context.CancelFunc
	for range 50 {
		_, cancel := n.watch(t, org)
		cancels = append(cancels, cancel)
	}
	if got := n.listeners(t, org); got != 1 {
		t.Errorf("%d listeners for 50 streams", got)
	}
	for _, cancel := range cancels[1:] {
		cancel()
	}
	stay, gone := n.watch(t, org)
	e := event(org)
	other.tell(t, e)
	hears(t, stay, e)
	cancels[0]()
	gone()
	eventually(t, "Redis has no listener", func() bool { return n.listeners(t, org) == 0 })

	// Who comes back hears again.
	back, _ := n.watch(t, org)
	e = event(org)
	other.tell(t, e)
	hears(t, back, e)
}

// Redis goes away under open streams. They hear their own process all the
// while, a new one may open, and with Redis back they hear the others again.
func TestStreamsOutliveRedis(t *testing.T) {
	t.Parallel()
	url := dbtest.Open(t).RedisURL
	n, other := newNode(t, url), newNode(t, url)
	org := uuid.New()
	stream, _ := n.watch(t, org)
	e := event(org)
	other.tell(t, e)
	hears(t, stream, e)

	n.wire.set(true)
	e = event(org)
	if err := n.Publish(t.Context(), e); err == nil {
		t.Error("nobody says that the others do not hear")
	}
	hears(t, stream, e)
	n.ConfirmTimeout = 10 * time.Millisecond
	late, _ := n.watch(t, org, uuid.New())
	if !n.log.has("other processes do not hear") || !n.log.has("starts without Redis") {
		t.Errorf("the log says\n%s", n.log.text.String())
	}

	n.wire.set(false)
	eventually(t, "Redis has the listener again", func() bool { return n.listeners(t, org) == 1 })
	e = event(org)
	other.tell(t, e)
	hears(t, stream, e)
	hears(t, late, e)
	n.tell(t, event(org))
	eventually(t, "the log says so", func() bool {
		return n.log.has("connected to Redis again") && n.log.has("other processes hear of changes again")
	})
}

// Anybody on the Redis may write to its channels. What makes no sense is dropped.
func TestMessagesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	n := newNode(t, dbtest.Open(t).RedisURL)
	org := uuid.New()
	stream, _ := n.watch(t, org)
	e := event(org)
	for _, payload := range []string{"", "x", uuid.NewString(), uuid.NewString() + " y", strings.Repeat("a", 1<<16), uuid.NewString() + " " + e.CallID.String()} {
		if err := n.client.Publish(t.Context(), "cascade:calls:1:"+org.String(), payload).Err(); err != nil {
			t.Fatal(err)
		}
	}
	hears(t, stream, e)
	if n.log.has("aaaa") {
		t.Error("a foreign message is in the log")
	}
}

// Streams come and go, changes come from everywhere, all at once.
func TestManyStreamsComeAndGo(t *testing.T) {
	t.Parallel()
	url := dbtest.Open(t).RedisURL
	one, two := newNode(t, url), newNode(t, url)
	orgs := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			for range 20 {
				org := orgs[i%len(orgs)]
				stream, cancel := one.watch(t, org)
				e := event(org)
				two.tell(t, e)
				for got := range stream {
					if got == e {
						break
					}
				}
				cancel()
			}
		})
	}
	all.Wait()
	for _, org := range orgs {
		eventually(t, "nobody listens", func() bool { return one.listeners(t, org) == 0 })
	}
}

func TestAnIncompleteFeedIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := feed.New(feed.Config{}); err == nil {
		t.Error("the zero Config made a feed")
	}
}
