package mutant

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// budget is how long one decision may take here. A busy machine is no witness.
const budget = 2 * time.Second

// Options are what a run may be told; the zero value removes conditions, and has
// the tests alone to notice it.
type Options struct {
	// All makes every sort of mutant, not only those without a condition.
	All bool
	// Recorded are questions that were decided before, as opa.ReadInput reads them.
	Recorded []policy.Request
	// TestsOnly asks no other witness.
	TestsOnly bool
	// Workers is how many mutants are tried at a time; zero means GOMAXPROCS.
	Workers int
	// Progress hears how many mutants of how many are done, from several goroutines.
	Progress func(done, total int)
	// Clock measures how long it took, and nothing else; nil means time.Now.
	Clock func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// Run makes the mutants of the policies in files, one at a time, and asks who
// notices each. It fails where the policies do not compile.
func Run(ctx context.Context, files fs.FS, o Options) (Report, error) {
	o = o.withDefaults()
	started := o.Clock()
	g, err := opa.Compile(ctx, files, opa.Config{Budget: budget})
	if err != nil {
		return Report{}, fmt.Errorf("compiling the policies: %w", err)
	}
	p, err := read(files)
	if err != nil {
		return Report{}, fmt.Errorf("reading the policies: %w", err)
	}
	r := &run{files: files, options: o}
	if !o.TestsOnly {
		r.replayed, r.perturbed = newCorpora(ctx, g, o.Recorded)
	}
	for _, file := range p.served() {
		for _, m := range Of(p[file]) {
			if o.All || m.Sort == Removed {
				r.mutants = append(r.mutants, m)
			}
		}
	}
	r.results = make([]*Result, len(r.mutants))
	if err := r.all(ctx); err != nil {
		return Report{}, err
	}
	report := r.report()
	report.Revision, report.Took = g.Revision(), o.Clock().Sub(started)
	return report, nil
}

// run is what the workers share.
type run struct {
	files               fs.FS
	options             Options
	replayed, perturbed corpus
	mutants             []Mutant
	results             []*Result // nil for what is stillborn
	next, done          atomic.Int64
}

// all tries every mutant, some at a time.
func (r *run) all(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	for range r.options.Workers {
		group.Go(func() {
			if err := r.work(ctx); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// work tries mutants until none is left.
func (r *run) work(ctx context.Context) error {
	p, err := read(r.files)
	if err != nil {
		return err
	}
	tests, err := newSuite(ctx, p)
	if err != nil {
		return fmt.Errorf("running the tests beside the policies: %w", err)
	}
	for ctx.Err() == nil {
		i := int(r.next.Add(1)) - 1
		if i >= len(r.mutants) {
			return nil
		}
		switch result, err := r.try(ctx, p, tests, r.mutants[i]); {
		case err == nil:
			r.results[i] = &result
		case !errors.Is(err, errStillborn):
			return err
		}
		r.options.Progress(int(r.done.Add(1)), len(r.mutants))
	}
	return context.Cause(ctx)
}

// try makes one mutant and asks every witness.
func (r *run) try(ctx context.Context, p policies, tests suite, m Mutant) (Result, error) {
	result := Result{Mutant: m, By: []Witness{}}
	changed, err := p.with(m)
	if err != nil {
		return Result{}, err
	}
	switch err := tests.notices(ctx, changed, m.File); {
	case errors.Is(err, errNoticed):
		name, _, _ := strings.Cut(err.Error(), ": ")
		result.By, result.Test = append(result.By, Tests), name
	case err != nil:
		return Result{}, err
	}
	if len(r.replayed.questions) == 0 {
		return result, nil
	}
	maps.DeleteFunc(changed, func(name string, _ *ast.Module) bool { return isTest(name) })
	g, err := opa.CompileWith(ctx, compiler(), changed, "", opa.Config{Budget: budget})
	if err != nil {
		return Result{}, errors.Join(errStillborn, err)
	}
	for _, w := range []struct {
		witness Witness
		corpus  corpus
	}{{Replay, r.replayed}, {Perturbed, r.perturbed}} {
		if q, ok := w.corpus.notices(ctx, g); ok {
			if result.By = append(result.By, w.witness); result.Input == nil {
				result.Input = opa.WriteInput(q)
			}
		}
	}
	return result, nil
}

// report sums up.
func (r *run) report() Report {
	report := Report{
		By: map[Witness]int{}, First: map[Witness]int{}, Survivors: []Result{}, Results: []Result{},
		Recorded: len(r.replayed.questions), Perturbed: len(r.perturbed.questions),
	}
	for _, result := range r.results {
		if result == nil {
			report.Stillborn++
			continue
		}
		report.Mutants++
		report.Results = append(report.Results, *result)
		if len(result.By) == 0 {
			report.Survivors = append(report.Survivors, *result)
			continue
		}
		report.Noticed++
		report.First[result.By[0]]++
		for _, w := range result.By {
			report.By[w]++
		}
	}
	return report
}

// Generations yields every mutant of the policies in files, of every sort, with
// the generation that it makes, one after the other. Those that do not compile
// are left out, and so is all when the policies themselves cannot be read.
func Generations(ctx context.Context, files fs.FS) iter.Seq2[Mutant, *opa.Generation] {
	return func(yield func(Mutant, *opa.Generation) bool) {
		p, err := read(files)
		if err != nil {
			return
		}
		maps.DeleteFunc(p, func(name string, _ *ast.Module) bool { return isTest(name) })
		for _, file := range p.served() {
			for _, m := range Of(p[file]) {
				changed, err := p.with(m)
				if err != nil {
					continue
				}
				g, err := opa.CompileWith(ctx, compiler(), changed, m.String(), opa.Config{Budget: budget})
				if err == nil && !yield(m, g) {
					return
				}
			}
		}
	}
}
