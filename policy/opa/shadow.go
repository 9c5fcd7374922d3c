package opa

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/voxanne/cascade/policy"
)

// maxShadowing bounds the questions that wait for a shadow. More are dropped
// and counted: the shadow never delays anybody.
const maxShadowing = 1024

// Comparison is one question that two revisions answered.
type Comparison struct {
	Decided  policy.Decision // what was answered
	Proposed policy.Decision // what the shadow would have said
}

// Differs reports whether the two answers would have been seen apart.
func (c Comparison) Differs() bool { return !SameAnswer(c.Decided, c.Proposed) }

// SameAnswer compares what decisions give: whether, why, where, and with which
// fields hidden. It looks neither at ids nor at revisions.
func SameAnswer(a, b policy.Decision) bool {
	return a.Allowed() == b.Allowed() && a.Reason() == b.Reason() && a.Wide() == b.Wide() &&
		slices.Equal(a.Orgs(), b.Orgs()) && slices.Equal(a.Obligations(), b.Obligations()) &&
		maps.EqualFunc(a.Masks(), b.Masks(), slices.Equal)
}

// shadow asks candidates in one goroutine, while there is something to ask.
type shadow struct {
	mu      sync.Mutex
	waiting []question
	running bool
	dropped atomic.Uint64
	observe func(Comparison)
}

type question struct {
	candidate *Generation
	decided   policy.Decision
}

// Observe sets who hears of every comparison, in one goroutine at a time. Call
// it before the first deployment with a shadow. observe must not block for long:
// what waits behind it is bounded, and the rest is dropped.
func (e *Engine) Observe(observe func(Comparison)) { e.shadow.observe = observe }

// Dropped counts the questions that no shadow was asked because too many waited.
func (e *Engine) Dropped() uint64 { return e.shadow.dropped.Load() }

// shadowed decides like its generation, and has the candidate asked when the
// request is over.
type shadowed struct {
	*Generation
	candidate *Generation
	shadow    *shadow
}

// Decide implements policy.Decider.
func (s shadowed) Decide(ctx context.Context, q policy.Request) policy.Decision {
	d := s.Generation.Decide(ctx, q)
	// A request's context ends when its answer has gone.
	context.AfterFunc(ctx, func() { s.shadow.ask(question{s.candidate, d}) })
	return d
}

func (s *shadow) ask(q question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) >= maxShadowing {
		s.dropped.Add(1)
		return
	}
	s.waiting = append(s.waiting, q)
	if !s.running {
		s.running = true
		go s.run()
	}
}

// run asks until nothing waits.
func (s *shadow) run() {
	for {
		s.mu.Lock()
		if len(s.waiting) == 0 {
			s.running, s.waiting = false, nil
			s.mu.Unlock()
			return
		}
		q := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.mu.Unlock()
		proposed := q.candidate.Decide(context.Background(), q.decided.Request())
		if s.observe != nil {
			s.observe(Comparison{Decided: q.decided, Proposed: proposed})
		}
	}
}
