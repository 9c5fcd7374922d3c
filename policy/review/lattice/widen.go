package lattice

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// batch is how many cells a worker takes at a time.
const batch = 512

// maxFailures is how many cells a policy may fail on before the comparison ends:
// one that loops everywhere would take its whole budget on each of them.
const maxFailures = 64

// Options are what a comparison may be told; the zero value is good.
type Options struct {
	// Workers is how many cells are decided at a time; zero means GOMAXPROCS.
	Workers int
	// Progress hears now and then how many cells of about how many are done, from
	// several goroutines.
	Progress func(done, total int)
	// Clock measures how long it took, and nothing else; nil means time.Now.
	Clock func() time.Time
}

// Widen decides every cell of the full lattice by both policies and tells where
// the candidate gives more than the running one, where it gives less, and where
// it claims more than the envelope allows. It fails when either policy has no
// answer for many questions.
func Widen(ctx context.Context, running, candidate *opa.Generation) (Report, error) {
	return Full().Widen(ctx, running, candidate, Options{})
}

// Widen is like the function of that name, for a part of the lattice.
func (l Lattice) Widen(ctx context.Context, running, candidate *opa.Generation, o Options) (Report, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	started := o.Clock()
	c := &comparison{running: running, candidate: candidate, total: l.Size(), progress: o.Progress}
	if err := c.run(ctx, l, o.Workers); err != nil {
		return Report{}, err
	}
	r := c.report(ctx)
	r.Cells, r.Took = int(c.done.Load()), o.Clock().Sub(started)
	return r, nil
}

// comparison collects what differs.
type comparison struct {
	running, candidate *opa.Generation
	total              int
	progress           func(done, total int)
	done, failures     atomic.Int64

	mu      sync.Mutex
	changes map[section][]change
}

// section is a part of a report.
type section int

const (
	widened section = iota
	narrowed
	outside
	failed
)

// change is one cell that differs, in one way.
type change struct {
	number int // of the cell, in the lattice's order
	cell   Cell
	gain   gain
}

// run decides all cells, some at a time.
func (c *comparison) run(ctx context.Context, l Lattice, workers int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.changes = map[section][]change{}
	type job struct {
		first int
		cells []Cell
	}
	jobs := make(chan job, workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for j := range jobs {
				if err := c.decide(ctx, j.first, j.cells); err != nil {
					cancel(err)
				}
				c.progress(int(c.done.Add(int64(len(j.cells)))), c.total)
			}
		})
	}
	next := job{}
	send := func() bool {
		select {
		case jobs <- next:
			next = job{first: next.first + len(next.cells)}
			return true
		case <-ctx.Done():
			return false
		}
	}
	for cell := range l.Cells() {
		if next.cells = append(next.cells, cell); len(next.cells) == batch && !send() {
			break
		}
	}
	send()
	close(jobs)
	group.Wait()
	return context.Cause(ctx)
}

// decide compares some cells.
func (c *comparison) decide(ctx context.Context, first int, cells []Cell) error {
	found := map[section][]change{}
	for i, cell := range cells {
		note := func(s section, gains []gain) {
			for _, g := range gains {
				found[s] = append(found[s], change{first + i, cell, g})
			}
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		q := cell.Request
		before, after := ask(ctx, c.running, q), ask(ctx, c.candidate, q)
		if before.err != nil {
			return fmt.Errorf("the running policy, asked whether %s: %w", cell.Name(), before.err)
		}
		if after.err != nil {
			if c.failures.Add(1) > maxFailures {
				return fmt.Errorf("the candidate, asked whether %s: %w", cell.Name(), after.err)
			}
			found[failed] = append(found[failed], change{first + i, cell, gain{}})
		}
		note(widened, gains(before.decided, after.decided, c.only(ctx, c.running, q)))
		note(narrowed, gains(after.decided, before.decided, c.only(ctx, c.candidate, q)))
		note(outside, oversteps(after))
	}
	if len(found) > 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		for s, changes := range found {
			c.changes[s] = append(c.changes[s], changes...)
		}
	}
	return nil
}

// only asks q for some of its orgs.
func (c *comparison) only(ctx context.Context, g *opa.Generation, q policy.Request) func([]uuid.UUID) policy.Verdict {
	return func(orgs []uuid.UUID) policy.Verdict {
		q.Orgs = slices.DeleteFunc(slices.Clone(q.Orgs), missing(orgs))
		return ask(ctx, g, q).decided
	}
}
