package review

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// Answer is what a decision gives.
type Answer struct {
	Allow  bool                         `json:"allow"`
	Reason string                       `json:"reason"`
	Wide   bool                         `json:"wide,omitempty"`
	OrgIDs []uuid.UUID                  `json:"org_ids,omitempty"`
	Masks  map[policy.Resource][]string `json:"masks,omitempty"`
}

// Mismatch is a record that the policy of its time contradicts.
type Mismatch struct {
	ID uuid.UUID `json:"id"`
	At time.Time `json:"at"`
	// Fields are what in the record is otherwise: of its answer, or of its
	// question, which is not the one in its input.
	Fields   []string `json:"fields"`
	Recorded Answer   `json:"recorded"`
	Decided  Answer   `json:"decided"`
}

// Mismatches counts records that are contradicted, with the first examples.
type Mismatches struct {
	Count    int64      `json:"count"`
	Examples []Mismatch `json:"examples,omitempty"`
}

func (m *Mismatches) add(one *Mismatch) {
	if one == nil {
		return
	}
	m.Count++
	if len(m.Examples) < maxExamples {
		m.Examples = append(m.Examples, *one)
	}
}

// mismatched compares a record with the decision made again from its input; nil
// when they agree in everything.
func mismatched(r Recorded, d policy.Decision) *Mismatch {
	q := d.Request()
	var fields []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"at", r.At.Unix() == q.Now.Unix()},
		{"subject_id", r.SubjectID == q.Subject.ID},
		{"subject_kind", r.SubjectKind == q.Subject.Kind},
		{"action", r.Action == q.Action},
		{"resource", r.Resource == q.Resource},
		{"operation", r.Operation == q.Operation},
		{"asked_org_ids", slices.Equal(r.AskedOrgIDs, q.Orgs)},
		{"allow", r.Allow == d.Allowed()},
		{"reason", r.Reason == d.Reason()},
		{"wide", r.Wide == d.Wide()},
		{"org_ids", slices.Equal(r.OrgIDs, d.Orgs())},
		{"masks", sameMasks(r.Masks, d.Masks())},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	if fields == nil {
		return nil
	}
	return &Mismatch{
		ID: r.ID, At: r.At, Fields: fields,
		Recorded: Answer{Allow: r.Allow, Reason: r.Reason, Wide: r.Wide, OrgIDs: r.OrgIDs, Masks: r.Masks},
		Decided:  Answer{Allow: d.Allowed(), Reason: d.Reason(), Wide: d.Wide(), OrgIDs: d.Orgs(), Masks: d.Masks()},
	}
}

func sameMasks(a, b map[policy.Resource][]string) bool {
	if len(a) != len(b) {
		return false
	}
	for resource, fields := range a {
		if other, ok := b[resource]; !ok || !slices.Equal(fields, other) {
			return false
		}
	}
	return true
}

// VerifyConfig is what a verification needs. Generations and Records are
// required.
type VerifyConfig struct {
	// Generations are the policies of the time, by revision.
	Generations map[string]*opa.Generation
	Records     iter.Seq2[Recorded, error]
	Workers     int              // zero: one for each processor
	Progress    func(done int64) // nil: nobody is told
}

// Verification is what came of deciding records again under the policies of
// their time.
type Verification struct {
	// Verified decisions came out as they are recorded.
	Verified int64 `json:"verified"`
	Aside
	// Unknown are decisions of revisions that were not handed in, by revision.
	Unknown map[string]int64 `json:"unknown,omitempty"`
	// Failed decisions are recorded as the engine's failure and come out otherwise
	// now: a machine that was too busy then. Each has rung an alarm at the time.
	Failed int64 `json:"failed"`
	// Mismatches were tampered with, or the policy is not deterministic.
	Mismatches Mismatches `json:"mismatches"`
}

// Holds reports whether every record was verified.
func (v Verification) Holds() bool {
	return v.Mismatches.Count == 0 && v.Unreadable.Count == 0 && len(v.Unknown) == 0
}

// unaskedAllowed is the one answer that allows without a policy: who accepts an
// invitation proves it by the invitation's own token, to the database.
const unaskedAllowed = "invitation_accepted"

// verified is what became of one record.
type verified struct {
	unknown, failed bool
	mismatch        *Mismatch
	unread          error
}

// Verify makes every recorded decision again under the policy of its time, and
// finds the records that it contradicts.
func Verify(ctx context.Context, c VerifyConfig) (Verification, error) {
	v := Verification{Unknown: map[string]int64{}}
	err := inOrder(ctx, c.Workers, c.Records, c.verify, func(r Recorded, err error, out verified) error {
		aside := v.set(r, errors.Join(err, out.unread))
		if c.Progress != nil && v.Records%inBatch == 0 {
			c.Progress(v.Records)
		}
		switch {
		case out.mismatch != nil:
			v.Mismatches.add(out.mismatch)
		case aside:
		case out.unknown:
			count(v.Unknown, r.Revision)
		case out.failed:
			v.Failed++
		default:
			v.Verified++
		}
		return nil
	})
	if err != nil {
		return Verification{}, fmt.Errorf("verifying: %w", err)
	}
	if c.Progress != nil {
		c.Progress(v.Records)
	}
	return v, nil
}

func (c VerifyConfig) verify(ctx context.Context, r Recorded) verified {
	if len(r.Input) == 0 {
		if r.Allow && r.Reason != unaskedAllowed {
			// The document that allowed it was taken away, or never was.
			return verified{mismatch: &Mismatch{
				ID: r.ID, At: r.At, Fields: []string{"input"},
				Recorded: Answer{Allow: r.Allow, Reason: r.Reason, Wide: r.Wide, OrgIDs: r.OrgIDs, Masks: r.Masks},
			}}
		}
		return verified{}
	}
	g, ok := c.Generations[r.Revision]
	if !ok {
		return verified{unknown: true}
	}
	q, err := opa.ReadQuestion(r.Input)
	if err != nil {
		return verified{unread: err}
	}
	d := answer(ctx, g, q)
	mismatch := mismatched(r, d)
	if mismatch != nil && r.Reason == policy.ReasonFailed && !r.Allow && mismatched(answered(r, d), d) == nil {
		return verified{failed: true}
	}
	return verified{mismatch: mismatch}
}

// answered is r with the answer of d: what is left to differ is its question.
func answered(r Recorded, d policy.Decision) Recorded {
	r.Allow, r.Reason, r.Wide, r.OrgIDs, r.Masks = d.Allowed(), d.Reason(), d.Wide(), d.Orgs(), d.Masks()
	return r
}
