package workshop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review"
	"github.com/voxanne/cascade/policy/review/finding"
	"github.com/voxanne/cascade/policy/review/lattice"
	"github.com/voxanne/cascade/policy/review/lint"
	"github.com/voxanne/cascade/policy/review/mutant"
	"github.com/voxanne/cascade/policy/review/suite"
)

// Review is everything that is asked of a candidate before anybody approves it.
type Review struct {
	// Archive opens the recorded decisions to replay.
	Archive func(context.Context) (*Archive, error)
	// Since is how far back decisions are replayed: 30 days, unless it says so.
	Since time.Duration
	// Lattice is what is asked of both to find what widens: everything, unless it
	// has kinds. A part of it proves nothing, and is for tests of what comes after.
	Lattice lattice.Lattice
	Now     func() time.Time
}

// defaultSince is how far back a review replays.
const defaultSince = 30 * 24 * time.Hour

// mutantInputs is how many recorded questions each mutant is asked.
const mutantInputs = 200

// Reviewed is what a review found, for people and programs to read.
type Reviewed struct {
	Running   string `json:"running"`
	Candidate string `json:"candidate"`
	// Passed is false where tests fail, a check finds an error, or the policy
	// claims what no policy may give.
	Passed bool `json:"passed"`
	// Widens is true where somebody may do more, or sees more, than before.
	Widens bool              `json:"widens"`
	Check  []finding.Finding `json:"check"`
	Lint   []finding.Finding `json:"lint"`
	Tests  suite.Report      `json:"tests"`
	Replay review.Report     `json:"replay"`
	Widen  lattice.Report    `json:"widen"`
	Mutate mutant.Report     `json:"mutate"`
	// Cost is absent where there was nothing recorded to measure it by.
	Cost *review.CostReport `json:"cost,omitempty"`
}

// Run compares a candidate, whose texts are files, with what runs.
func (r Review) Run(ctx context.Context, running, candidate *opa.Generation, files fs.FS) (Reviewed, error) {
	if r.Since == 0 {
		r.Since = defaultSince
	}
	if len(r.Lattice.Kinds) == 0 {
		r.Lattice = lattice.Full()
	}
	out := Reviewed{Running: running.Revision(), Candidate: candidate.Revision()}
	var err error
	if out.Check, err = lint.Check(ctx, files); err != nil {
		return out, fmt.Errorf("checking: %w", err)
	}
	if out.Lint, err = lint.Run(ctx, files); err != nil {
		return out, fmt.Errorf("linting: %w", err)
	}
	if out.Tests, err = suite.Run(ctx, files, suite.Config{}); err != nil {
		return out, fmt.Errorf("testing: %w", err)
	}
	if !passed(out) {
		return out, nil // its own tests say enough
	}
	if out.Widen, err = r.Lattice.Widen(ctx, running, candidate, lattice.Options{}); err != nil {
		return out, fmt.Errorf("looking for what widens: %w", err)
	}
	out.Widens = len(out.Widen.Widened) > 0
	if !passed(out) {
		return out, nil // it claims what no policy may give
	}
	if err := r.recorded(ctx, running, candidate, files, &out); err != nil {
		return out, err
	}
	out.Widens, out.Passed = out.Widens || out.Replay.Widens(), passed(out)
	return out, nil
}

// passed reports whether a person should be asked to approve it at all.
func passed(r Reviewed) bool {
	failed := slices.ContainsFunc(r.Tests.Tests, func(t suite.Test) bool { return t.Outcome != suite.Passed })
	wrong := slices.ContainsFunc(append(slices.Clone(r.Check), r.Lint...), func(f finding.Finding) bool { return f.Level == finding.Error })
	return !failed && len(r.Tests.Tests) > 0 && !wrong && len(r.Widen.Outside)+len(r.Widen.Failed) == 0 && r.Replay.Mismatches.Count == 0
}

// recorded asks what was decided lately.
func (r Review) recorded(ctx context.Context, running, candidate *opa.Generation, files fs.FS, out *Reviewed) error {
	archive, err := r.Archive(ctx)
	if err != nil {
		return fmt.Errorf("opening the decisions: %w", err)
	}
	name, err := archive.Names(ctx)
	if err != nil {
		return err
	}
	until := r.Now()
	since := until.Add(-r.Since)
	out.Replay, err = review.Replay(ctx, review.ReplayConfig{
		Running: running, Candidate: candidate, Records: archive.Records(ctx, since, until), Name: name,
	})
	if err != nil {
		return fmt.Errorf("replaying: %w", err)
	}
	questions, err := sample(archive.Records(ctx, since, until), mutantInputs)
	if err != nil {
		return fmt.Errorf("reading decisions: %w", err)
	}
	if out.Mutate, err = mutant.Run(ctx, files, mutant.Options{Recorded: questions}); err != nil {
		return fmt.Errorf("making mutants: %w", err)
	}
	cost, err := review.Cost(ctx, review.CostConfig{
		Running: running, Candidate: candidate, Records: archive.Records(ctx, since, until), Clock: time.Now,
	})
	switch {
	case errors.Is(err, review.ErrNothingToMeasure):
	case err != nil:
		return fmt.Errorf("measuring the cost: %w", err)
	default:
		out.Cost = &cost
	}
	return nil
}

// sample takes the first questions of each way to ask: kind, action, row type and
// answer. The rest ask the same again.
func sample(records func(func(review.Recorded, error) bool), most int) ([]policy.Request, error) {
	type way struct {
		kind     policy.Kind
		action   policy.Action
		resource policy.Resource
		reason   string
	}
	seen := map[way]bool{}
	var out []policy.Request
	for r, err := range records {
		if errors.Is(err, review.ErrRecord) {
			continue // the replay counts them
		}
		if err != nil {
			return nil, err
		}
		q, err := opa.ReadInput(r.Input)
		w := way{q.Subject.Kind, q.Action, q.Resource, r.Reason}
		if err != nil || seen[w] {
			continue
		}
		seen[w] = true
		if out = append(out, q); len(out) == most {
			break
		}
	}
	return out, nil
}
