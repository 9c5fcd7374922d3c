package ratelimit

import (
	"context"
	"fmt"
	"time"

	"github.com/go-redis/redis_rate/v10"
)

// spendShared charges the org in Redis, where every node counts together.
func (l *Limiter) spendShared(ctx context.Context, key Key, charges []charge) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	tag := key.OrgID.String()
	got, err := allow(ctx, l.Redis, tag, charges)
	if err != nil {
		return Result{}, err
	}
	windows := make([]Window, len(charges))
	for i, c := range charges {
		if windows[i], err = c.window(got[i]); err != nil {
			return Result{}, err
		}
	}
	result := answer(windows)
	if !result.Allowed {
		l.refund(ctx, tag, charges, windows)
	}
	return result, nil
}

// refund gives back what the windows that did not refuse were charged, and
// brings those windows up to date. It spends below zero, which redis_rate does
// with the same arithmetic as above it, but for one thing: a bucket that would
// end up whole is not written. Where less than a unit was owed before the
// charge, one more stays spent, so that the others do come back.
func (l *Limiter) refund(ctx context.Context, tag string, charges []charge, windows []Window) {
	var back []charge
	var of []int
	for i, c := range charges {
		if windows[i].RetryAfter != 0 {
			continue
		}
		if unit, _ := c.limit.emission(); windows[i].Reset < unit*time.Duration(1+c.cost) {
			c.cost--
		}
		if c.cost > 0 {
			c.cost = -c.cost
			back, of = append(back, c), append(of, i)
		}
	}
	if len(back) == 0 {
		return
	}
	got, err := allow(ctx, l.Redis, tag, back)
	if err != nil {
		// The refusal stands whether or not the units came back.
		l.failed(ctx, fmt.Errorf("giving back: %w", err))
		return
	}
	for i, result := range got {
		w := &windows[of[i]]
		w.Remaining = min(result.Remaining, w.Limit.Burst)
		w.Reset = max(0, result.ResetAfter)
	}
}

// window reads redis_rate's answer to c. The numbers must be such as its
// script can give for c, or they are not an answer to c.
func (c charge) window(got *redis_rate.Result) (Window, error) {
	w := Window{Name: c.name, Limit: c.limit, Remaining: got.Remaining, Reset: got.ResetAfter}
	refused := got.RetryAfter != -1 && c.cost > 0
	if got.Remaining < 0 || got.Remaining > c.limit.Burst || got.ResetAfter < 0 || !refused && got.Allowed != c.cost {
		return Window{}, fmt.Errorf("%w: %s", errReply, c.name)
	}
	if !refused {
		return w, nil
	}
	// redis_rate answers a refusal with none remaining and a time to wait,
	// though some may remain, and though no waiting helps above the burst.
	unit, burst := c.limit.emission()
	w.Remaining = remaining(unit, burst, got.ResetAfter)
	w.RetryAfter = max(1, got.RetryAfter)
	if c.cost > burst {
		w.RetryAfter = Never
	}
	return w, nil
}
