package ratelimit

import "sync/atomic"

// breaker remembers whether Redis is worth asking. Closed, every request asks.
// It opens after a number of failures with no success between them; then no
// request asks, and a probe beside the requests (half-open, in the usual
// words) closes it again.
//
// It holds no lock: it sits in the way of every request.
type breaker struct {
	threshold int64
	failures  atomic.Int64
	open      atomic.Bool
}

// succeeded notes an answer. It closes nothing: an answer that was on its way
// while the breaker opened says little about now.
func (b *breaker) succeeded() {
	if b.failures.Load() != 0 {
		b.failures.Store(0)
	}
}

// failed notes a failure and reports whether it opened the breaker. Of any
// number of concurrent failures one opens it.
func (b *breaker) failed() bool {
	return b.failures.Add(1) >= b.threshold && b.open.CompareAndSwap(false, true)
}

// recovered closes the breaker.
func (b *breaker) recovered() {
	b.failures.Store(0)
	b.open.Store(false)
}
