package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Paced is what a source of requests with a rate of its own came to.
type Paced struct {
	// Took is how long each answer took from the moment that its request was due,
	// so that a server which holds a client up is charged for the wait. Sorted.
	Took    []time.Duration
	Refused int // answered with 429
}

// Pace sends rate requests a second for d, at random moments (a Poisson
// process), over so many connections. Answers of 200 are checked and timed, 429
// is counted, anything else is an error.
func Pace(ctx context.Context, t Target, conns int, rate float64, d time.Duration, seed uint64) (Paced, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	each := make([]Paced, conns)
	failed := make([]error, conns)
	start := time.Now()
	var all sync.WaitGroup
	for i := range conns {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // G404, G115: a run can be repeated
			each[i], failed[i] = pace(ctx, t, random, float64(conns)/rate, start, d)
			if failed[i] != nil {
				cancel()
			}
		})
	}
	all.Wait()
	var p Paced
	for i := range each {
		if failed[i] != nil && !errors.Is(failed[i], context.Canceled) {
			return p, failed[i]
		}
		p.Took = append(p.Took, each[i].Took...)
		p.Refused += each[i].Refused
	}
	slices.Sort(p.Took)
	return p, ctx.Err()
}

// pace is one connection's part, with gap seconds between requests on average.
func pace(ctx context.Context, t Target, random *rand.Rand, gap float64, start time.Time, d time.Duration) (p Paced, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return p, fmt.Errorf("connecting: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(start.Add(d + 10*time.Second)); err != nil {
		return p, err
	}
	in := bufio.NewReaderSize(conn, 32<<10)
	var body bytes.Buffer
	for due := start; ; {
		due = due.Add(time.Duration(random.ExpFloat64() * gap * float64(time.Second)))
		if due.Sub(start) > d {
			return p, nil
		}
		if err := until(ctx, due); err != nil {
			return p, err
		}
		shot := t.Next(random)
		status, err := exchange(conn, in, shot.Wire, &body)
		switch {
		case err != nil:
			return p, err
		case status == http.StatusTooManyRequests:
			p.Refused++
			continue
		case status != http.StatusOK:
			return p, fmt.Errorf("status %d: %.500s", status, body.Bytes())
		}
		p.Took = append(p.Took, time.Since(due))
		if err := shot.Check(body.Bytes()); err != nil {
			return p, fmt.Errorf("wrong answer: %w: %.500s", err, body.Bytes())
		}
	}
}

// until waits for a moment, or for ctx.
func until(ctx context.Context, due time.Time) error {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Quantile is the duration that this part of all sorted ones does not exceed.
func Quantile(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(float64(len(sorted))*part), len(sorted)-1)]
}
