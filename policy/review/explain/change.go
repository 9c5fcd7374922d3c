package explain

import (
	"context"
	"slices"
	"strings"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/perturb"
)

// Suggestion is one change, or two together, that would allow what was denied.
type Suggestion struct {
	// Says is a condition: "if the second factor had been used".
	Says string `json:"says"`
	// Fields are what changes, as in "grants[0].expires".
	Fields []string `json:"fields"`
	// Request is the question as changed, which is allowed.
	Request policy.Request `json:"-"`
}

// tier is which changes are tried together. The first tier in which something is
// found is the last: what is there, before what would have to be made.
type tier struct {
	first  func(perturb.Change) bool
	second func(perturb.Change) bool // nil: one change alone
}

// proofOrFact is a change of the proof, but not to another sort of credential, or
// of a fact that is there.
func proofOrFact(c perturb.Change) bool {
	return c.Sort == perturb.Fact || c.Sort == perturb.Proof && c.Field != "credential.type"
}

func otherProof(c perturb.Change) bool { return c.Field == "credential.type" }

func newFact(c perturb.Change) bool { return c.Sort == perturb.NewFact }

// changes finds the smallest changes under which q is allowed: one where one is
// enough, and else two.
func (e *explainer) changes(ctx context.Context, q policy.Request) ([]Suggestion, error) {
	for _, t := range []tier{
		{first: proofOrFact},
		{first: newFact},
		{first: otherProof},
		{proofOrFact, proofOrFact},
		{newFact, proofOrFact},
	} {
		found, err := e.search(ctx, q, t)
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return []Suggestion{}, nil
}

// search tries every change of a tier, until the tries are used up. Of several
// values of one field it keeps the first that is enough.
func (e *explainer) search(ctx context.Context, q policy.Request, t tier) ([]Suggestion, error) {
	var found []Suggestion
	try := func(changes ...perturb.Change) error {
		s := Suggestion{Request: changes[len(changes)-1].Request}
		conditions := make([]string, len(changes))
		for i, c := range changes {
			s.Fields, conditions[i] = append(s.Fields, c.Field), c.Says
		}
		slices.Sort(s.Fields)
		if e.tries <= 0 || slices.ContainsFunc(found, func(other Suggestion) bool { return slices.Equal(other.Fields, s.Fields) }) {
			return nil
		}
		e.tries--
		d, err := e.decide(ctx, s.Request)
		if err == nil && d.Allowed() {
			s.Says = "if " + strings.Join(conditions, " and ")
			found = append(found, s)
		}
		return err
	}
	for a := range perturb.Of(q) {
		if !t.first(a) {
			continue
		}
		if t.second == nil {
			if err := try(a); err != nil {
				return nil, err
			}
			continue
		}
		for b := range perturb.Of(a.Request) {
			if t.second(b) && b.Field != a.Field {
				if err := try(a, b); err != nil {
					return nil, err
				}
			}
		}
	}
	return found, nil
}
