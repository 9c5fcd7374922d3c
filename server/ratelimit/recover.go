package ratelimit

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// failed notes that Redis did not answer. The failure that opens the breaker
// says so once, and sets out to find Redis again.
func (l *Limiter) failed(ctx context.Context, err error) {
	if !l.breaker.failed() {
		return
	}
	l.Log.LogAttrs(ctx, slog.LevelError, "rate limits degraded: redis does not answer, each node holds its share",
		slog.Int("nodes", l.Nodes), slog.Any("error", err))
	if l.OnDegraded != nil {
		l.OnDegraded(true)
	}
	l.probeLater(l.Now())
}

// probeLater probes after a while, and again until Redis is back or its client
// is closed. No request waits for it.
func (l *Limiter) probeLater(since time.Time) {
	time.AfterFunc(l.Probe, func() {
		ctx, cancel := context.WithTimeout(context.Background(), l.Timeout)
		defer cancel()
		switch err := l.probe(ctx); {
		case err == nil:
			l.recovered(ctx, since)
		case !errors.Is(err, redis.ErrClosed):
			l.probeLater(since)
		}
	})
}

// probe does what a request does, to a bucket of its own: a Redis that only
// answers a PING may still be read-only or out of memory.
func (l *Limiter) probe(ctx context.Context) error {
	_, err := allow(ctx, l.Redis, "probe", Plan{Requests: 60, Burst: 60, Cost: 3_600}.charges(1))
	return err
}

// recovered goes back to counting in Redis. It tells so first: the next outage
// cannot begin, and be told, before the breaker is closed.
func (l *Limiter) recovered(ctx context.Context, since time.Time) {
	l.Log.LogAttrs(ctx, slog.LevelInfo, "rate limits restored: redis answers again",
		slog.Duration("degraded_for", l.Now().Sub(since)))
	if l.OnDegraded != nil {
		l.OnDegraded(false)
	}
	l.breaker.recovered()
}
