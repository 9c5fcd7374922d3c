package review

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// MaxRatio is how many times the running policy's p99 a candidate's may be.
const MaxRatio = 2

// What a cost is measured on, unless it is said.
const (
	DefaultSample = 5000
	DefaultRounds = 7
)

// CostConfig is what Cost needs. Running, Candidate, Records and Clock are
// required.
type CostConfig struct {
	Running, Candidate *opa.Generation
	Records            iter.Seq2[Recorded, error]
	// Clock measures durations: time.Now outside tests.
	Clock func() time.Time
	// Sample is how many recorded inputs are measured, drawn evenly from all of
	// them; zero means DefaultSample.
	Sample int
	// Rounds is how many times each input is decided by each; its fastest counts,
	// which is what the policy costs when the machine does nothing else. Zero
	// means DefaultRounds.
	Rounds int
}

// Spent is what decisions of one revision cost.
type Spent struct {
	P50    time.Duration `json:"p50_ns"`
	P99    time.Duration `json:"p99_ns"`
	Allocs float64       `json:"allocs"` // a decision
	Bytes  float64       `json:"bytes"`  // a decision
}

// CostReport compares what decisions cost.
type CostReport struct {
	Running   string `json:"running"`
	Candidate string `json:"candidate"`
	// Measured inputs, and Records they were drawn from.
	Measured int `json:"measured"`
	Aside
	Before Spent `json:"before"`
	After  Spent `json:"after"`
	// Ratio is of the two p99.
	Ratio float64 `json:"ratio"`
	// OverBudget means that the candidate's p99 is over MaxRatio times the
	// running one's.
	OverBudget bool `json:"over_budget"`
}

// ErrNothingToMeasure means that there was no recorded input.
var ErrNothingToMeasure = errors.New("no recorded input to measure")

// Cost decides a sample of the recorded inputs by both revisions, in turn, so
// that what else the machine does hits both alike, and reports time and
// allocations of each: of evaluating and judging, because to build the input is
// the same for both.
func Cost(ctx context.Context, c CostConfig) (CostReport, error) {
	if c.Sample == 0 {
		c.Sample = DefaultSample
	}
	if c.Rounds == 0 {
		c.Rounds = DefaultRounds
	}
	report := CostReport{Running: c.Running.Revision(), Candidate: c.Candidate.Revision()}
	sample, err := c.draw(&report)
	if err != nil {
		return CostReport{}, fmt.Errorf("measuring the cost: %w", err)
	}
	report.Measured = len(sample)
	before, after, err := c.time(ctx, sample)
	if err != nil {
		return CostReport{}, fmt.Errorf("measuring the cost: %w", err)
	}
	report.Before, report.After = before.spent(), after.spent()
	report.Before.Allocs, report.Before.Bytes = allocated(ctx, c.Running, sample)
	report.After.Allocs, report.After.Bytes = allocated(ctx, c.Candidate, sample)
	if report.Before.P99 > 0 {
		report.Ratio = float64(report.After.P99) / float64(report.Before.P99)
	}
	report.OverBudget = report.After.P99 > MaxRatio*report.Before.P99
	return report, nil
}

// draw takes a sample of the inputs in one pass (reservoir sampling), the same
// one for the same records.
func (c CostConfig) draw(report *CostReport) ([]opa.Question, error) {
	var sample []opa.Question
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a sample that can be drawn again
	seen := 0
	for r, err := range c.Records {
		if err != nil && !errors.Is(err, ErrRecord) {
			return nil, err
		}
		var q opa.Question
		at := 0
		if err == nil && len(r.Input) > 0 {
			seen++
			if at = len(sample); at >= c.Sample {
				at = chance.IntN(seen)
			}
			if at < c.Sample { // only what is kept is worth reading
				q, err = opa.ReadQuestion(r.Input)
			}
		}
		if report.set(r, err) || at >= c.Sample {
			continue
		}
		if at == len(sample) {
			sample = append(sample, q)
		} else {
			sample[at] = q
		}
	}
	if len(sample) == 0 {
		return nil, ErrNothingToMeasure
	}
	return sample, nil
}

// durations are the fastest of each input.
type durations []time.Duration

// time lets both decide each input in turn, and who begins takes turns too.
func (c CostConfig) time(ctx context.Context, sample []opa.Question) (before, after durations, err error) {
	before, after = make(durations, len(sample)), make(durations, len(sample))
	failed := 0
	for round := range c.Rounds {
		for i, q := range sample {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			one := func(g *opa.Generation, fastest durations) {
				started := c.Clock()
				d := g.Answer(ctx, q)
				if took := c.Clock().Sub(started); round == 0 || took < fastest[i] {
					fastest[i] = took
				}
				if g == c.Candidate && d.Reason() == policy.ReasonFailed {
					failed++
				}
			}
			if (round+i)%2 == 0 {
				one(c.Running, before)
				one(c.Candidate, after)
			} else {
				one(c.Candidate, after)
				one(c.Running, before)
			}
			if failed >= maxFailed {
				return nil, nil, ErrFailing
			}
		}
	}
	return before, after, nil
}

func (d durations) spent() Spent {
	sorted := slices.Sorted(slices.Values(d))
	rank := func(percent int) time.Duration { return sorted[(len(sorted)*percent-1)/100] }
	return Spent{P50: rank(50), P99: rank(99)}
}

// allocated is what one decision allocates, over the whole sample. It counts what
// the whole process allocates meanwhile.
func allocated(ctx context.Context, g *opa.Generation, sample []opa.Question) (allocs, bytes float64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, q := range sample {
		g.Answer(ctx, q)
	}
	runtime.ReadMemStats(&after)
	n := float64(len(sample))
	return float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n
}

// WriteText writes the report for people.
func (r CostReport) WriteText(to io.Writer) error {
	out := &lines{to: to}
	out.add("%s of %s measured", counted(int64(r.Measured), "recorded input"), number(r.Records))
	out.add("%-28s %12s %12s %10s %12s", "", "p50", "p99", "allocs", "bytes")
	for _, row := range []struct {
		name string
		Spent
	}{{"running " + r.Running, r.Before}, {"candidate " + r.Candidate, r.After}} {
		out.add("%-28s %12s %12s %10.0f %12.0f", row.name, row.P50.Round(100*time.Nanosecond), row.P99.Round(100*time.Nanosecond),
			row.Allocs, row.Bytes)
	}
	verdict := "within the budget"
	if r.OverBudget {
		verdict = "OVER BUDGET"
	}
	out.add("p99 %.2f times the running one's: %s (at most %d times)", r.Ratio, verdict, MaxRatio)
	r.write(out)
	return out.err
}
