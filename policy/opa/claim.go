package opa

import (
	"context"

	"github.com/voxanne/cascade/policy"
)

// Claim is what the policy itself says to q, before the envelope: evaluated
// afresh within the budget, with no part in the generation's health. It is for
// reviews; what serves calls Decide. Give the verdict to policy.Judge for the
// decision that would have come of it.
func (g *Generation) Claim(ctx context.Context, q policy.Request) (policy.Verdict, error) {
	return g.evaluate(ctx, newInput(q).value(), q.Now)
}

// WriteInput is the document that a policy sees when q is decided, as it is kept
// with the decision. ReadInput reads it back.
func WriteInput(q policy.Request) []byte { return newInput(q).json() }
