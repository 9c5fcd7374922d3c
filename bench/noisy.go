package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/voxanne/cascade/bench/data"
	"github.com/voxanne/cascade/bench/load"
	"github.com/voxanne/cascade/bench/process"
)

// The clinics of the noisy neighbour: three that are looked at, and two hundred
// others, one of which floods the server with many times what its plan allows.
// The largest clinics of Zipf's set, which no plan of that size has, stay quiet.
const (
	testClinics  = 3
	noisyClinics = 200
	firstTest    = 10
	flooder      = 5
	// floodLimit is the flooder's plan, "scale": requests a minute.
	floodLimit = 3_000
	// floodTimes is how many times its limit it asks.
	floodTimes = 20
)

// loudness is what the flooder asks in each kind of round, in times of its limit:
// the second shows what a neighbour costs who keeps to the plan, so that the
// third shows what the refusals do.
var loudness = [...]float64{0, 1, floodTimes} //nolint:gochecknoglobals // immutable

// neighbours is how much everybody asks, in requests a second. What they ask
// together is a sixth of what four processors answer, so that there is room and
// a wait is somebody's doing.
type neighbours struct {
	test  float64 // each test clinic
	noisy float64 // each noisy one that does not flood
}

var calm = neighbours{test: 40, noisy: 0.5} //nolint:gochecknoglobals // immutable

// round is one measurement of the test clinics, with the flood or without.
type round struct {
	took            []time.Duration // of the test clinics
	refused, served int             // of the flood
	used            processors
	length          time.Duration
}

// noisy measures what a flood does to others: rounds without and with it, in
// turns, on one server.
func noisy(ctx context.Context, o options, log *slog.Logger) (err error) {
	o.size = data.Size{Clinics: firstTest + testClinics + noisyClinics, Calls: 60_000}
	s, err := setUp(ctx, o, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := errors.Join(s.db.Settle(ctx), s.db.Limit(ctx, flooder, floodLimit)); err != nil {
		return err
	}
	child, err := startProduct(ctx, s, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, child.Stop()) }()
	if _, err := s.neighbours(ctx, child, o.warm, 0, 0); err != nil {
		return err
	}
	var rounds [len(loudness)][]round
	for n := range o.rounds {
		for kind, times := range loudness {
			if times > 1 {
				// What the rounds before gave back to the flooder's plan is spent first.
				if _, err := s.neighbours(ctx, child, o.warm, times, 0); err != nil {
					return err
				}
			}
			r, err := s.neighbours(ctx, child, o.length, times, uint64(n)+1)
			if err != nil {
				return err
			}
			log.InfoContext(ctx, "measured", "round", n+1, "of", o.rounds, "times", times, "p99_ms", milliseconds(load.Quantile(r.took, 0.99)))
			rounds[kind] = append(rounds[kind], r)
		}
	}
	report, err := newNoisyReport(ctx, o, s, rounds)
	if err != nil {
		return err
	}
	if err := report.print(os.Stdout); err != nil {
		return err
	}
	path, err := report.write(o.results)
	log.InfoContext(ctx, "written", "file", path)
	return err
}

// neighbours has everybody ask for the newest calls, at their own rates.
func (s *stage) neighbours(ctx context.Context, child *process.Child, d time.Duration, times float64, seed uint64) (r round, err error) {
	before, err := s.processors(child)
	if err != nil {
		return r, err
	}
	var test, others, flood load.Paced
	began := time.Now()
	all, ctx := errgroup.WithContext(ctx)
	source := func(into *load.Paced, conns int, rate float64, clinic func(*rand.Rand) int) {
		all.Go(func() (err error) {
			*into, err = load.Pace(ctx, load.Target{Addr: child.Addr, Next: s.newest(clinic)}, conns, rate, d, seed<<8|uint64(conns)) //nolint:gosec // G115: small
			return err
		})
	}
	source(&test, 24, calm.test*testClinics, func(random *rand.Rand) int { return firstTest + random.IntN(testClinics) })
	source(&others, 32, calm.noisy*(noisyClinics-1), func(random *rand.Rand) int { return firstTest + testClinics + random.IntN(noisyClinics-1) })
	if times > 0 {
		source(&flood, 64, times*floodLimit/60, func(*rand.Rand) int { return flooder })
	}
	if err := all.Wait(); err != nil {
		return r, err
	}
	if test.Refused+others.Refused > 0 {
		return r, errors.New("a clinic that kept to its limit was refused")
	}
	after, err := s.processors(child)
	return round{
		took: test.Took, refused: flood.Refused, served: len(flood.Took), length: time.Since(began),
		used: processors{after.server - before.server, after.postgres - before.postgres, after.redis - before.redis},
	}, err
}

// newest asks for a clinic's newest calls, the first question of the table.
func (s *stage) newest(clinic func(*rand.Rand) int) func(*rand.Rand) load.Shot {
	q := questions[0]
	return func(random *rand.Rand) load.Shot { return s.shot(q.cascade, q.canaries, clinic(random), random) }
}

// processors is what each has used so far.
func (s *stage) processors(child *process.Child) (u processors, err error) {
	postmaster, err := s.db.PID()
	if err != nil {
		return u, err
	}
	var failed [3]error
	u.server, failed[0] = process.CPU(child.PID())
	u.postgres, failed[1] = process.TreeCPU(postmaster)
	u.redis, failed[2] = process.ChildrenCPU(os.Getpid(), s.redisName)
	return u, errors.Join(failed[:]...)
}

// pooled is every answer of some rounds, sorted.
func pooled(rounds []round) (took []time.Duration) {
	for _, r := range rounds {
		took = append(took, r.took...)
	}
	slices.Sort(took)
	return took
}
