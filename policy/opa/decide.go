package opa

import (
	"context"
	"errors"

	"github.com/voxanne/cascade/policy"
)

// errUndefined means that the policy had no answer.
var errUndefined = errors.New("the policy gave no answer")

// Revision names the generation: a digest of its files.
func (g *Generation) Revision() string { return g.revision }

// Decide implements policy.Decider. Whatever goes wrong is a denial.
func (g *Generation) Decide(ctx context.Context, q policy.Request) policy.Decision {
	in := newInput(q)
	evidence := policy.Evidence{ID: g.config.NewID(), Revision: g.revision, Input: in.json()}
	verdict, err := g.verdict(ctx, in, string(evidence.Input), q.Now)
	if err != nil {
		reason := reasonOf(err)
		g.alarm(ctx, reason, err)
		return policy.Deny(q, reason, evidence)
	}
	d := policy.Judge(q, verdict, evidence)
	if d.Reason() == policy.ReasonEnvelope {
		g.alarm(ctx, policy.ReasonEnvelope, nil)
	}
	return d
}

// Answer decides a recorded question as Decide would, and leaves nothing behind:
// the decision has neither id nor document, no alarm is raised, and neither
// Health nor what the generation remembers knows of it.
func (g *Generation) Answer(ctx context.Context, q Question) policy.Decision {
	evidence := policy.Evidence{Revision: g.revision}
	verdict, err := g.evaluate(ctx, q.value, q.request.Now)
	if err != nil {
		return policy.Deny(q.request, reasonOf(err), evidence)
	}
	return policy.Judge(q.request, verdict, evidence)
}

// reasonOf says what became of a question without an answer.
func reasonOf(err error) string {
	if errors.Is(err, errUndefined) || errors.Is(err, errShape) {
		return policy.ReasonUndefined
	}
	return policy.ReasonFailed
}

func (g *Generation) alarm(ctx context.Context, reason string, err error) {
	g.health.failed.Add(1)
	g.config.Alarm(ctx, reason, err)
}
