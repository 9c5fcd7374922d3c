package review

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// DefaultGroups is how many groups of each change a report keeps.
const DefaultGroups = 1000

// maxFailed is how many times a candidate may fail or run out of time before a
// replay gives up: a policy that loops is cut off each time, and a million times
// would take days.
const maxFailed = 200

// ErrFailing means that a candidate failed so often that it has no answer worth
// comparing.
var ErrFailing = fmt.Errorf("the candidate failed or ran out of time %d times", maxFailed)

// ReplayConfig is what a replay needs. Running, Candidate and Records are
// required; every other zero has a default.
type ReplayConfig struct {
	Running, Candidate *opa.Generation
	Records            iter.Seq2[Recorded, error]
	Workers            int // zero: one for each processor
	// Groups bounds what is kept of the differences, for each change.
	Groups int
	// Name names clinics and partners; nil: they go by their ids.
	Name func(uuid.UUID) string
	// Progress is told how many records are done, now and then; nil: nobody is.
	Progress func(done int64)
}

// Report is what a candidate would change.
type Report struct {
	Running   string    `json:"running"`
	Candidate string    `json:"candidate"`
	From      time.Time `json:"from,omitzero"` // of the earliest record
	Until     time.Time `json:"until,omitzero"`
	// Replayed decisions were made again by both, Differing ones came out
	// differently.
	Replayed  int64 `json:"replayed"`
	Differing int64 `json:"differing"`
	// Changes counts every change, also in groups that were not kept. A decision
	// about several clinics counts in each.
	Changes map[Change]int64 `json:"changes"`
	Groups  []Group          `json:"groups"`
	// Unkept counts the changes that are in no group, because there were too many.
	Unkept map[Change]int64 `json:"unkept,omitempty"`
	// Alarms counts the candidate's answers that were no answer, by reason: outside
	// the envelope, undefined, failed. Where it is live, each wakes somebody.
	Alarms map[string]int64 `json:"alarms,omitempty"`
	Aside
	// Mismatches are decisions of the running revision that it makes otherwise
	// now: the record was tampered with, or the policy is not deterministic.
	Mismatches Mismatches `json:"mismatches"`
}

// Same reports whether every recorded decision was made again and came out the
// same.
func (r Report) Same() bool {
	return r.Differing == 0 && r.Mismatches.Count == 0 && r.Unreadable.Count == 0
}

// Widens reports whether anybody gains anything.
func (r Report) Widens() bool {
	for change, n := range r.Changes {
		if n > 0 && change.Widens() {
			return true
		}
	}
	return false
}

// differing is how the answers to one question differ.
type differing struct {
	differences   []difference
	wide          bool
	allowed       bool
	before, after string
}

// replayed is what became of one record.
type replayed struct {
	question policy.Request
	alarm    string
	failed   bool
	mismatch *Mismatch
	unread   error
	differing
}

// Replay makes every recorded decision again under both revisions, exactly: the
// same document, the same clock. Memory is bounded, whatever the number of
// records and of differences. Records that no policy was asked about, and inputs
// that this version cannot read, are counted apart. The error is that of the
// records, of ctx, or ErrFailing.
func Replay(ctx context.Context, c ReplayConfig) (Report, error) {
	if c.Groups == 0 {
		c.Groups = DefaultGroups
	}
	found := newGroups(c.Groups)
	report := Report{Running: c.Running.Revision(), Candidate: c.Candidate.Revision(), Alarms: map[string]int64{}}
	done, failed := int64(0), 0
	err := inOrder(ctx, c.Workers, c.Records, c.replay, func(r Recorded, err error, out replayed) error {
		if done++; c.Progress != nil && done%inBatch == 0 {
			c.Progress(done)
		}
		if report.set(r, errors.Join(err, out.unread)) {
			return nil
		}
		report.Replayed++
		if report.From.IsZero() || r.At.Before(report.From) {
			report.From = r.At
		}
		if r.At.After(report.Until) {
			report.Until = r.At
		}
		if out.alarm != "" {
			report.Alarms[out.alarm]++
		}
		report.Mismatches.add(out.mismatch)
		if len(out.differences) > 0 {
			report.Differing++
			found.add(r, out.question, out.differing)
		}
		if out.failed {
			if failed++; failed >= maxFailed {
				return ErrFailing
			}
		}
		return nil
	})
	if err != nil {
		return Report{}, fmt.Errorf("replaying: %w", err)
	}
	if c.Progress != nil {
		c.Progress(done)
	}
	report.Groups, report.Changes, report.Unkept = found.list(c.Name), found.counts, found.unkept
	return report, nil
}

// replay decides one record again, by both.
func (c ReplayConfig) replay(ctx context.Context, r Recorded) replayed {
	if len(r.Input) == 0 {
		return replayed{}
	}
	q, err := opa.ReadQuestion(r.Input)
	if err != nil {
		return replayed{unread: err}
	}
	before, after := answer(ctx, c.Running, q), answer(ctx, c.Candidate, q)
	out := replayed{failed: after.Reason() == policy.ReasonFailed}
	switch after.Reason() {
	case policy.ReasonEnvelope, policy.ReasonUndefined, policy.ReasonFailed:
		out.alarm = after.Reason()
	}
	if r.Revision == c.Running.Revision() {
		out.mismatch = mismatched(r, before)
	}
	if differences := compare(before, after); len(differences) > 0 {
		out.question = q.Request()
		out.differing = differing{
			differences: differences, wide: before.Wide() || after.Wide(), allowed: after.Allowed(),
			before: short(before.Reason()), after: short(after.Reason()),
		}
	}
	return out
}

// answer asks once more when the engine failed: a busy machine may have stopped
// an evaluation in the middle, and that is no answer of the policy's.
func answer(ctx context.Context, g *opa.Generation, q opa.Question) policy.Decision {
	d := g.Answer(ctx, q)
	if d.Reason() == policy.ReasonFailed && !d.Allowed() {
		return g.Answer(ctx, q)
	}
	return d
}
