package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// Config is what a Limiter needs. Zero fields take the value named with them;
// Redis, Nodes and Log have none.
type Config struct {
	Redis *redis.Client // as NewRedis makes it
	// Nodes is how many processes share the limits. Without Redis each lets
	// a Nodes-th of every limit through, and at least one unit.
	Nodes int
	Log   *slog.Logger

	// Failures in a row after which Redis is left alone; 3.
	Failures int
	// Probe is the time between attempts to find Redis again; 1 second.
	Probe time.Duration
	// Timeout is the longest that a request waits for Redis; 250 ms.
	Timeout time.Duration
	// Orgs bounds how many orgs' shares are remembered in process; 16,384.
	Orgs int
	// Now is the clock of the shares; time.Now. Redis counts by its own.
	Now func() time.Time
	// OnDegraded is told of each transition, for a metric; nil tells nobody.
	OnDegraded func(degraded bool)
}

// Limiter holds every org to its plan, all nodes together. One org's spending
// never touches another's. It is safe for concurrent use.
type Limiter struct {
	Config
	breaker breaker
	shares  *buckets[uuid.UUID]
}

// Key names the bucket: the org, whatever the plan and whoever asks for it.
type Key struct {
	OrgID uuid.UUID
}

// New makes a Limiter. It asks Redis nothing yet.
func New(c Config) (*Limiter, error) {
	if c.Redis == nil || c.Log == nil || c.Nodes < 1 {
		return nil, errors.New("ratelimit: config needs Redis, Log and at least one node")
	}
	if c.Failures < 1 {
		c.Failures = 3
	}
	if c.Orgs < 1 {
		c.Orgs = 16_384
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Probe = orElse(c.Probe, time.Second)
	c.Timeout = orElse(c.Timeout, readTimeout)
	shares, err := newBuckets[uuid.UUID](c.Orgs)
	if err != nil {
		return nil, err
	}
	return &Limiter{Config: c, breaker: breaker{threshold: int64(c.Failures)}, shares: shares}, nil
}

// Spend charges one request of that many cost points to the org and says
// whether it may go on. A cost of zero is charged as a request alone.
//
// Both windows are charged in one round trip, before it is known whether both
// allow. When one refuses, a second round trip gives the other its units back;
// for that moment the other window may stand one request too low, and in a
// bucket that was all but whole a unit or two may stay spent. A request is
// thus now and then refused too early, never allowed too much.
//
// A change of plan works with the next Spend. A bucket keeps how much of its
// window is used up, so half of the old limit spent is half of the new one.
//
// When Redis fails, the answer comes from this node's share and is marked
// Degraded; the share starts whole. An error means that nothing was decided:
// the key or the cost make no sense, or ctx ended first.
func (l *Limiter) Spend(ctx context.Context, key Key, plan Plan, cost int) (Result, error) {
	if key.OrgID == uuid.Nil || cost < 0 {
		return Result{}, fmt.Errorf("ratelimit: org %s cannot spend %d", key.OrgID, cost)
	}
	charges := plan.charges(cost)
	if plan.Requests < 1 || plan.Burst < 1 || plan.Cost < 1 {
		return refuse(charges), nil
	}
	if !l.Degraded() {
		result, err := l.spendShared(ctx, key, charges)
		if err == nil {
			l.breaker.succeeded()
			return result, nil
		}
		if ctx.Err() != nil {
			return Result{}, fmt.Errorf("ratelimit: waiting for redis: %w", ctx.Err())
		}
		l.failed(ctx, err)
	}
	for i := range charges {
		charges[i] = charges[i].share(l.Nodes)
	}
	result := answer(l.shares.spend(key.OrgID, l.Now(), charges))
	result.Degraded = true
	return result, nil
}

// refuse answers for a plan that allows nothing.
func refuse(charges []charge) Result {
	windows := make([]Window, len(charges))
	for i, c := range charges {
		windows[i] = Window{Name: c.name, Limit: c.limit, RetryAfter: Never}
	}
	return Result{Windows: windows}
}
