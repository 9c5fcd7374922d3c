// Package load drives a server over HTTP/1.1: with Run in a closed loop, so many
// clients, each with one connection kept alive, each sending its next request
// when it has read and checked the answer to the one before; with Pace at a rate
// of its own, whatever the server does.
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

// Shot is one request and what its answer must be.
type Shot struct {
	// Wire is the whole request as it is sent.
	Wire []byte
	// Check judges the body of a 200. It may not keep it.
	Check func(body []byte) error
}

// Target is a server and what to ask of it.
type Target struct {
	Addr string
	// Next makes a client's next request. It must use no randomness but
	// random, and is called by all clients at once.
	Next func(random *rand.Rand) Shot
}

// Result is what a run came to.
type Result struct {
	Requests int           `json:"requests"`
	Elapsed  time.Duration `json:"elapsed_ns"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
}

// Rate is requests per second.
func (r Result) Rate() float64 { return float64(r.Requests) / r.Elapsed.Seconds() }

// Run loads the target with so many clients for so long. The first answer that
// is not what it must be ends the run with an error: a server that is fast and
// wrong has no rate.
func Run(ctx context.Context, t Target, clients int, d time.Duration, seed uint64) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	took := make([][]time.Duration, clients)
	failed := make([]error, clients)
	start := time.Now()
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // G404, G115: a run can be repeated
			took[i], failed[i] = client(ctx, t, random, start.Add(d))
			if failed[i] != nil {
				cancel()
			}
		})
	}
	all.Wait()
	r := Result{Elapsed: time.Since(start)}
	for _, err := range failed {
		if err != nil && !errors.Is(err, context.Canceled) {
			return r, err
		}
	}
	times := slices.Concat(took...)
	if err := ctx.Err(); err != nil || len(times) == 0 {
		return r, errors.Join(errors.New("no answers"), err)
	}
	slices.Sort(times)
	r.Requests, r.P50, r.P99 = len(times), times[len(times)/2], times[len(times)*99/100]
	return r, nil
}

// client asks until the deadline and returns how long each answer took.
func client(ctx context.Context, t Target, random *rand.Rand, deadline time.Time) ([]time.Duration, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(deadline.Add(10 * time.Second)); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(conn, 32<<10)
	var body bytes.Buffer
	took := make([]time.Duration, 0, 1<<14)
	for ctx.Err() == nil {
		shot := t.Next(random)
		sent := time.Now()
		if !sent.Before(deadline) {
			break
		}
		status, err := exchange(conn, in, shot.Wire, &body)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d: %.500s", status, body.Bytes())
		}
		if err != nil {
			return took, err
		}
		took = append(took, time.Since(sent))
		if err := shot.Check(body.Bytes()); err != nil {
			return took, fmt.Errorf("wrong answer: %w: %.500s", err, body.Bytes())
		}
	}
	return took, ctx.Err()
}

// exchange sends one request and reads its answer into body.
func exchange(conn net.Conn, in *bufio.Reader, wire []byte, body *bytes.Buffer) (status int, err error) {
	if _, err := conn.Write(wire); err != nil {
		return 0, fmt.Errorf("sending: %w", err)
	}
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		return 0, fmt.Errorf("reading: %w", err)
	}
	body.Reset()
	if _, err := body.ReadFrom(response.Body); err != nil {
		return 0, fmt.Errorf("reading: %w", err)
	}
	if err := response.Body.Close(); err != nil {
		return 0, fmt.Errorf("reading: %w", err)
	}
	return response.StatusCode, nil
}
