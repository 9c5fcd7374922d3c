package mutant

import (
	"context"
	"maps"
	"slices"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/perturb"
)

// Bounds of what each mutant is asked. Recorded questions that are alike answer
// alike: of those with the same kind, action, row type and answer, some suffice.
const (
	maxAlike     = 8
	maxRecorded  = 5_000
	maxPerturbed = 20_000
)

// corpus is questions with the answers that the policy gives when nothing is
// changed.
type corpus struct {
	questions []policy.Request
	answers   []said
}

// said is a policy's own answer, or that it has none.
type said struct {
	verdict policy.Verdict
	failed  bool
}

func say(ctx context.Context, g *opa.Generation, q policy.Request) said {
	v, err := g.Claim(ctx, q)
	return said{v, err != nil}
}

func (s said) same(other said) bool {
	a, b := s.verdict, other.verdict
	return s.failed == other.failed && a.Allow == b.Allow && a.Reason == b.Reason && a.Wide == b.Wide &&
		slices.Equal(a.OrgIDs, b.OrgIDs) && slices.Equal(a.Obligations, b.Obligations) && maps.EqualFunc(a.Masks, b.Masks, slices.Equal)
}

// shape is what makes recorded questions alike.
type shape struct {
	kind     policy.Kind
	action   policy.Action
	resource policy.Resource
	reason   string
}

// newCorpora keeps some of the recorded questions, and makes of them those that
// differ from one in one field. None is there twice.
func newCorpora(ctx context.Context, g *opa.Generation, recorded []policy.Request) (replayed, perturbed corpus) {
	alike, known := map[shape]int{}, map[string]bool{}
	add := func(c *corpus, q policy.Request, most int) {
		document := string(opa.WriteInput(q))
		if known[document] || len(c.questions) >= most || ctx.Err() != nil {
			return
		}
		known[document] = true
		c.questions, c.answers = append(c.questions, q), append(c.answers, say(ctx, g, q))
	}
	// The first of each shape come first, so that a bound cuts off what is alike.
	var ranked [maxAlike][]policy.Request
	for _, q := range recorded {
		of := shape{q.Subject.Kind, q.Action, q.Resource, say(ctx, g, q).verdict.Reason}
		if rank := alike[of]; rank < maxAlike {
			ranked[rank] = append(ranked[rank], q)
		}
		alike[of]++
	}
	for _, q := range slices.Concat(ranked[:]...) {
		add(&replayed, q, maxRecorded)
	}
	for _, q := range replayed.questions {
		for change := range perturb.Of(q) {
			add(&perturbed, change.Request, maxPerturbed)
		}
	}
	return replayed, perturbed
}

// notices is the first question to which g answers otherwise; ok is false when
// there is none.
func (c corpus) notices(ctx context.Context, g *opa.Generation) (q policy.Request, ok bool) {
	for i, q := range c.questions {
		if ctx.Err() != nil {
			break
		}
		if !say(ctx, g, q).same(c.answers[i]) {
			return q, true
		}
	}
	return policy.Request{}, false
}
