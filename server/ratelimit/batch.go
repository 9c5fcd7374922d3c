package ratelimit

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

var (
	// errQueued is how redis_rate learns that its script only waits its turn.
	errQueued = errors.New("ratelimit: queued")
	// errReply means that Redis answered something else than it was asked.
	errReply = errors.New("ratelimit: redis answered another question")
)

// batch lets redis_rate make several calls in one round trip. redis_rate runs
// its script and reads the reply in one breath, so it cannot use a Pipeliner:
// there is no reply yet. A batch is therefore asked twice. At first it queues
// each script and answers errQueued; once sent, it hands the replies back in
// the same order.
//
// Everything but EvalSha goes straight to the client, and so a script that
// Redis does not know yet is loaded by redis_rate's own fallback to EVAL.
type batch struct {
	*redis.Client
	pipe    redis.Pipeliner
	replies []*redis.Cmd
	sent    bool
}

// EvalSha queues a script or, once the batch is sent, returns its reply.
func (b *batch) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	if !b.sent {
		b.replies = append(b.replies, b.pipe.EvalSha(ctx, sha, keys, args...))
		return failed(ctx, errQueued)
	}
	reply := b.replies[0]
	b.replies = b.replies[1:]
	if reply.Err() == nil && !wellFormed(reply.Val()) {
		return failed(ctx, errReply)
	}
	return reply
}

// allow charges every limit under its key in one round trip and returns the
// results in order. The tag comes back with the replies and must be the same:
// should a connection ever be out of step (CVE-2025-29923), another org's
// count is not taken for this one's.
func allow(ctx context.Context, client *redis.Client, tag string, charges []charge) ([]*redis_rate.Result, error) {
	b := &batch{Client: client, pipe: client.Pipeline()}
	limiter := redis_rate.NewLimiter(b)
	echo := b.pipe.Echo(ctx, tag)
	for _, c := range charges {
		if _, err := c.allow(ctx, limiter, tag); !errors.Is(err, errQueued) {
			return nil, fmt.Errorf("ratelimit: queueing %s: %w", c.name, err)
		}
	}
	// The error of the whole is the first command's; each reply has its own.
	_, _ = b.pipe.Exec(ctx)
	b.sent = true
	if err := echo.Err(); err != nil {
		return nil, fmt.Errorf("ratelimit: asking redis: %w", err)
	}
	if echo.Val() != tag {
		return nil, errReply
	}
	results := make([]*redis_rate.Result, len(charges))
	for i, c := range charges {
		got, err := c.allow(ctx, limiter, tag)
		if err != nil {
			return nil, fmt.Errorf("ratelimit: charging %s: %w", c.name, err)
		}
		results[i] = got
	}
	return results, nil
}

// allow is redis_rate's call for c. The braces keep all keys of an org on one
// node of a cluster.
func (c charge) allow(ctx context.Context, limiter *redis_rate.Limiter, tag string) (*redis_rate.Result, error) {
	limit := redis_rate.Limit{Rate: c.limit.Rate, Burst: c.limit.Burst, Period: c.limit.Period}
	return limiter.AllowN(ctx, "{"+tag+"}:"+c.name, limit, c.cost)
}

// wellFormed reports whether a reply has the shape that redis_rate asserts
// without looking, and would panic over.
func wellFormed(reply any) bool {
	v, ok := reply.([]any)
	if !ok || len(v) != 4 {
		return false
	}
	_, allowed := v[0].(int64)
	_, remaining := v[1].(int64)
	_, retry := v[2].(string)
	_, reset := v[3].(string)
	return allowed && remaining && retry && reset
}

// failed is a reply that is an error.
func failed(ctx context.Context, err error) *redis.Cmd {
	cmd := redis.NewCmd(ctx)
	cmd.SetErr(err)
	return cmd
}
