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
		reason := policy.ReasonFailed
		if errors.Is(err, errUndefined) || errors.Is(err, errShape) {
			reason = policy.ReasonUndefined
		}
		g.alarm(ctx, reason, err)
		return policy.Deny(q, reason, evidence)
	}
	d := policy.Judge(q, verdict, evidence)
	if d.Reason() == policy.ReasonEnvelope {
		g.alarm(ctx, policy.ReasonEnvelope, nil)
	}
	return d
}

func (g *Generation) alarm(ctx context.Context, reason string, err error) {
	g.health.failed.Add(1)
	g.config.Alarm(ctx, reason, err)
}
