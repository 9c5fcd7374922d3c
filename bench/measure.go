package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/voxanne/cascade/bench/load"
	"github.com/voxanne/cascade/bench/peers"
	"github.com/voxanne/cascade/bench/process"
)

// cell is one thing to measure.
type cell struct {
	contender contender
	question  question
	clients   int
}

// figures are what a cell came to, in one round or as medians of several.
type figures struct {
	Contender string  `json:"contender"`
	Question  string  `json:"question"`
	Clients   int     `json:"clients"`
	Rate      float64 `json:"requests_per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	// Processor seconds for a thousand requests.
	ServerCPU   float64 `json:"server_cpu_s_per_1000"`
	PostgresCPU float64 `json:"postgres_cpu_s_per_1000"`
	RedisCPU    float64 `json:"redis_cpu_s_per_1000"`
	PeakMB      float64 `json:"server_peak_mb"`
	// Error is why there are no figures.
	Error string `json:"error,omitempty"`
}

// processors is the processor time that each has used.
type processors struct{ server, postgres, redis time.Duration }

// measure puts a cell's question to its contender, started anew on a database
// that is at rest, and checks every answer.
func (s *stage) measure(ctx context.Context, o options, c cell, seed uint64) (f figures, err error) {
	f = figures{Contender: c.contender.name, Question: c.question.name, Clients: c.clients}
	if err := errors.Join(s.db.Settle(ctx), s.db.Seal(ctx, !c.contender.unsealed)); err != nil {
		return f, err
	}
	postmaster, err := s.db.PID()
	if err != nil {
		return f, err
	}
	shoot, child, err := s.shooter(ctx, o, c)
	if err != nil {
		return f, err
	}
	used := func() (u processors, err error) {
		if child != nil {
			if u.server, err = process.CPU(child.PID()); err != nil {
				return u, err
			}
		}
		if u.redis, err = process.ChildrenCPU(os.Getpid(), s.redisName); err != nil {
			return u, err
		}
		u.postgres, err = process.TreeCPU(postmaster)
		return u, err
	}
	if child != nil {
		defer func() { err = errors.Join(err, child.Stop()) }()
	}
	if _, err := shoot(o.warm, seed); err != nil {
		return f, err
	}
	before, err := used()
	if err != nil {
		return f, err
	}
	profiled := s.profile(ctx, o, c, child)
	r, err := shoot(o.length, seed+1)
	if err != nil {
		return f, err
	}
	after, err := used()
	if err := errors.Join(err, <-profiled); err != nil {
		return f, err
	}
	thousands := float64(r.Requests) / 1000
	f.Rate, f.P50, f.P99 = r.Rate(), milliseconds(r.P50), milliseconds(r.P99)
	f.ServerCPU = (after.server - before.server).Seconds() / thousands
	f.PostgresCPU = (after.postgres - before.postgres).Seconds() / thousands
	f.RedisCPU = (after.redis - before.redis).Seconds() / thousands
	if child != nil {
		peak, err := process.PeakRSS(child.PID())
		if err != nil {
			return f, err
		}
		f.PeakMB = float64(peak) / (1 << 20)
	}
	return f, nil
}

// shooter starts the contender and returns what loads it, and its process.
func (s *stage) shooter(ctx context.Context, o options, c cell) (func(time.Duration, uint64) (load.Result, error), *process.Child, error) {
	if c.contender.start == nil {
		b := peers.Pgbench{DSN: s.db.AppDSN(), Set: s.db.Set, Clients: c.clients, Even: s.even}
		return func(d time.Duration, seed uint64) (load.Result, error) {
			return b.Run(ctx, c.question.name, d, seed)
		}, nil, nil
	}
	child, err := c.contender.start(ctx, s, o)
	if err != nil {
		return nil, nil, err
	}
	t := load.Target{Addr: child.Addr, Next: s.shots(c.contender.ask(c.question), c.question.canaries)}
	return func(d time.Duration, seed uint64) (load.Result, error) {
		return load.Run(ctx, t, c.clients, d, seed)
	}, child, nil
}

// profile takes profiles of processor and allocations while a cell is measured,
// where they are wanted. What it returns says nil, or why there is none, when it is done.
func (s *stage) profile(ctx context.Context, o options, c cell, child *process.Child) <-chan error {
	done := make(chan error, 1)
	if o.profiles == "" || child == nil {
		done <- nil
		return done
	}
	seconds := max(1, int(o.length.Seconds())-1)
	go func() {
		kinds := []string{"profile", "allocs"}
		errs := make([]error, len(kinds))
		var both sync.WaitGroup
		for i, kind := range kinds {
			name := filepath.Join(o.profiles, fmt.Sprintf("%s-%s-%d.%s.pprof", c.question.name, c.contender.name, c.clients, kind))
			url := fmt.Sprintf("http://%s/debug/pprof/%s?seconds=%d", child.Pprof, kind, seconds)
			both.Go(func() { errs[i] = download(ctx, url, name) })
		}
		both.Wait()
		done <- errors.Join(errs...)
	}()
	return done
}

func download(ctx context.Context, url, name string) (err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil) //nolint:gosec // G704: our own child
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request) //nolint:gosec // G704: our own child
	if err != nil {
		return fmt.Errorf("taking a profile: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	file, err := os.Create(name) //nolint:gosec // G304: named on the command line
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = io.Copy(file, response.Body)
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
