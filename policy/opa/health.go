package opa

import (
	"slices"
	"sync/atomic"
	"time"
)

// watched is how many of the latest evaluations a generation's p99 is of.
const watched = 1024

// Health is how a generation has done since it was compiled.
type Health struct {
	// Evaluations were made by the policy; what was remembered does not count.
	Evaluations uint64
	// Failed are the answers that were no answer: an error, an undefined or
	// misshapen result, a step outside the envelope.
	Failed uint64
	// P99 is of the latest 1,024 evaluations; zero when there were none.
	P99 time.Duration
}

// health counts without a lock. Its zero value has seen nothing.
type health struct {
	evaluations atomic.Uint64
	failed      atomic.Uint64
	latest      [watched]atomic.Int64
}

func (h *health) took(d time.Duration) {
	n := h.evaluations.Add(1)
	h.latest[(n-1)%watched].Store(int64(d))
}

// Health tells how the generation has done.
func (g *Generation) Health() Health {
	h := Health{Evaluations: g.health.evaluations.Load(), Failed: g.health.failed.Load()}
	n := int(min(h.Evaluations, watched))
	if n == 0 {
		return h
	}
	durations := make([]int64, n)
	for i := range durations {
		durations[i] = g.health.latest[i].Load()
	}
	slices.Sort(durations)
	h.P99 = time.Duration(durations[(n*99-1)/100])
	return h
}
