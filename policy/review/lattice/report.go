package lattice

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/domain"
)

// Report is what a candidate would change, over a whole lattice.
type Report struct {
	Running   string `json:"running"`   // revision
	Candidate string `json:"candidate"` // revision
	Cells     int    `json:"cells"`
	// Took is how long it took, in nanoseconds.
	Took time.Duration `json:"took"`
	// Widened is what the candidate gives and the running policy does not.
	Widened []Group `json:"widened"`
	// Outside is what the candidate claims and no policy may give. The envelope
	// refuses it, and wakes somebody each time.
	Outside []Group `json:"outside"`
	// Failed are questions for which the candidate has no answer: denials.
	Failed []Group `json:"failed"`
	// Narrowed is what the candidate no longer gives.
	Narrowed []Group `json:"narrowed"`
}

// Findings reports whether somebody has to look: something is wider, claimed
// beyond the envelope or without an answer. What is narrower is none.
func (r Report) Findings() bool { return len(r.Widened)+len(r.Outside)+len(r.Failed) > 0 }

// Group is cells that changed in the same way.
type Group struct {
	// Says is a sentence without its full stop: "viewers may now delete contacts
	// of their own organization".
	Says   string `json:"says"`
	Effect Effect `json:"effect,omitempty"`
	Cells  int    `json:"cells"`
	// Example is the cell that is least out of the ordinary.
	Example Example `json:"example"`
}

// String is the sentence with the number of cells.
func (g Group) String() string {
	return fmt.Sprintf("%s (%s)", g.Says, domain.Count(g.Cells, "cell"))
}

// Example is one question with both answers.
type Example struct {
	Question string `json:"question"` // in words
	// Input is the document that policies see, as opa.ReadInput reads it.
	Input  json.RawMessage `json:"input"`
	Before Answer          `json:"before"`
	After  Answer          `json:"after"`
}

// Answer is a decision as far as anybody could tell it from another, with what
// the policy claimed where the envelope left less of it.
type Answer struct {
	Allow       bool                         `json:"allow"`
	Reason      string                       `json:"reason"`
	Orgs        []uuid.UUID                  `json:"orgs"`
	Wide        bool                         `json:"wide"`
	Masks       map[policy.Resource][]string `json:"masks"`
	Obligations []string                     `json:"obligations"`
	Claimed     *Answer                      `json:"claimed,omitempty"`
}

func (a answer) shown() Answer {
	shown := ofVerdict(a.decided)
	shown.Reason = a.reason
	if len(oversteps(a)) > 0 {
		claimed := ofVerdict(a.claim)
		shown.Claimed = &claimed
	}
	return shown
}

func ofVerdict(v policy.Verdict) Answer {
	return Answer{
		Allow: v.Allow, Reason: v.Reason, Orgs: append([]uuid.UUID{}, v.OrgIDs...), Wide: v.Wide,
		Masks: v.Masks, Obligations: append([]string{}, v.Obligations...),
	}
}

// report sorts the changes and groups them.
func (c *comparison) report(ctx context.Context) Report {
	r := Report{Running: c.running.Revision(), Candidate: c.candidate.Revision()}
	for s, to := range map[section]*[]Group{
		widened: &r.Widened, narrowed: &r.Narrowed, outside: &r.Outside, failed: &r.Failed,
	} {
		*to = []Group{}
		changes := c.changes[s]
		slices.SortStableFunc(changes, func(a, b change) int { return a.number - b.number })
		for _, b := range bundles(changes) {
			*to = append(*to, Group{
				Says: b.sentence(s), Effect: b.gain.effect, Cells: len(b.changes), Example: c.example(ctx, b),
			})
		}
		slices.SortStableFunc(*to, func(a, b Group) int {
			if by := slices.Index(effects(), a.Effect) - slices.Index(effects(), b.Effect); by != 0 {
				return by
			}
			if by := b.Cells - a.Cells; by != 0 {
				return by
			}
			return strings.Compare(a.Says, b.Says)
		})
	}
	return r
}

// example is the cell with the least that is out of the ordinary.
func (c *comparison) example(ctx context.Context, b bundle) Example {
	least := slices.MinFunc(b.changes, func(a, b change) int { return a.cell.odd() - b.cell.odd() }).cell
	return Example{
		Question: least.Name(), Input: opa.WriteInput(least.Request),
		Before: ask(ctx, c.running, least.Request).shown(), After: ask(ctx, c.candidate, least.Request).shown(),
	}
}
