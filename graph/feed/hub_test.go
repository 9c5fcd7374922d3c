package feed_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph/feed"
)

// subscribe follows orgs until the returned function is called.
func subscribe(t *testing.T, h *feed.Hub, orgs ...uuid.UUID) (<-chan feed.CallEvent, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	events, err := h.Subscribe(ctx, orgs)
	if err != nil {
		t.Fatal(err)
	}
	return events, cancel
}

func publish(t *testing.T, h *feed.Hub, events ...feed.CallEvent) {
	t.Helper()
	for _, e := range events {
		if err := h.Publish(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// next is the next event; ok is false when the channel is closed.
func next(t *testing.T, events <-chan feed.CallEvent) (e feed.CallEvent, ok bool) {
	t.Helper()
	select {
	case e, ok = <-events:
		return e, ok
	case <-time.After(10 * time.Second):
		t.Fatal("no event")
		return e, false
	}
}

func newEvent(org uuid.UUID) feed.CallEvent {
	return feed.CallEvent{OrgID: org, CallID: uuid.New()}
}

// Each clinic hears of its own calls, in order, whatever comes between them.
func TestSubscribersHearTheirOrgs(t *testing.T) {
	t.Parallel()
	h := &feed.Hub{}
	a, b, c := uuid.New(), uuid.New(), uuid.New()
	first, _ := subscribe(t, h, a)
	second, _ := subscribe(t, h, a)
	group, _ := subscribe(t, h, a, b)
	e1, e2, e3, foreign := newEvent(a), newEvent(b), newEvent(a), newEvent(c)
	publish(t, h, e1, foreign, e2, e3)
	for who, test := range map[string]struct {
		events <-chan feed.CallEvent
		want   []feed.CallEvent
	}{
		"first": {first, []feed.CallEvent{e1, e3}}, "second": {second, []feed.CallEvent{e1, e3}},
		"group": {group, []feed.CallEvent{e1, e2, e3}},
	} {
		for _, want := range test.want {
			if got, _ := next(t, test.events); got != want {
				t.Errorf("%s heard %v, want %v", who, got, want)
			}
		}
	}
}

// A burst about one call is told twice at most: what was on its way already, and
// once more for all that came after.
func TestABurstAboutOneCallIsOneEvent(t *testing.T) {
	t.Parallel()
	h := &feed.Hub{}
	org := uuid.New()
	events, _ := subscribe(t, h, org)
	busy, last := newEvent(org), newEvent(org)
	for range 10_000 {
		publish(t, h, busy)
	}
	publish(t, h, last)
	for n := 0; ; n++ {
		e, ok := next(t, events)
		if !ok || n > 2 {
			t.Fatalf("after %d events: %v, %v", n, e, ok)
		}
		if e == last {
			return
		}
	}
}

// Who falls behind without end is let go rather than kept in ever more memory,
// and nobody else is the worse for it.
func TestASubscriberThatNeverReadsIsLetGo(t *testing.T) {
	t.Parallel()
	h := &feed.Hub{}
	org := uuid.New()
	stuck, _ := subscribe(t, h, org)
	for range 2000 {
		publish(t, h, newEvent(org))
	}
	events, _ := subscribe(t, h, org)
	e := newEvent(org)
	publish(t, h, e)
	if got, _ := next(t, events); got != e {
		t.Errorf("the other subscriber heard %v", got)
	}
	for n := 0; ; n++ {
		if _, ok := next(t, stuck); !ok {
			if n > 1 {
				t.Errorf("%d events came out of a queue that is over", n)
			}
			return
		}
	}
}

func TestASubscriptionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	h := &feed.Hub{}
	org := uuid.New()
	waiting, cancelWaiting := subscribe(t, h, org)
	blocked, cancelBlocked := subscribe(t, h, org)
	publish(t, h, newEvent(org))
	next(t, waiting)
	cancelWaiting()
	cancelBlocked()
	if _, ok := next(t, waiting); ok {
		t.Error("an event after the end")
	}
	for range 2 { // one may have been on its way
		if _, ok := next(t, blocked); !ok {
			return
		}
	}
	t.Error("the channel stays open")
}

func TestTheHubIsSafeForManyAtOnce(t *testing.T) {
	t.Parallel()
	h := &feed.Hub{}
	org := uuid.New()
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			events, err := h.Subscribe(ctx, []uuid.UUID{org, uuid.New()})
			if err != nil {
				t.Error(err)
			}
			for range 100 {
				if err := h.Publish(ctx, newEvent(org)); err != nil {
					t.Error(err)
				}
				<-events
			}
		})
	}
	all.Wait()
}
