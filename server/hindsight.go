package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/explain"
)

// hindsight decides recorded questions once more, by what the engine runs. None of
// that is a decision: nothing is opened by it, and nothing recorded.
type hindsight struct{ engine *opa.Engine }

// WithoutSession implements graph.Hindsight.
func (h hindsight) WithoutSession(ctx context.Context, input json.RawMessage) (bool, error) {
	q, err := opa.ReadInput(input)
	if err != nil {
		return false, err
	}
	q.Subject.BreakGlass = nil
	g := h.engine.Deployed().Active
	claim, err := g.Claim(ctx, q)
	if err != nil {
		return false, err
	}
	return policy.Judge(q, claim, policy.Evidence{Revision: g.Revision()}).Allowed(), nil
}

// Explain implements graph.Hindsight.
func (h hindsight) Explain(ctx context.Context, input json.RawMessage, org uuid.UUID) (*model.DecisionExplanation, error) {
	to := explain.Security()
	if org != uuid.Nil {
		to = explain.Tenant(org)
	}
	out := &model.DecisionExplanation{Asked: true, Given: []string{}, Changes: []string{}, Left: []string{}, Rules: []*model.DecisionRule{}}
	q, err := opa.ReadInput(input)
	if errors.Is(err, opa.ErrInput) {
		out.Sentence = "It was recorded by another version, whose questions this one cannot ask again."
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	x, err := explain.Explain(ctx, h.engine.Deployed().Active, q, explain.Options{For: to})
	if errors.Is(err, explain.ErrNotConcerned) {
		out.Sentence = "It was about other organizations."
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("explaining a decision: %w", err)
	}
	out.AllowedNow, out.ExplainedBy, out.Sentence = &x.Allowed, &x.Revision, x.Says
	if x.Reason != "" {
		out.Reason = &x.Reason
	}
	out.Given = append(out.Given, x.Given...)
	for _, c := range x.Changes {
		out.Changes = append(out.Changes, c.Says)
	}
	for _, l := range x.Left {
		out.Left = append(out.Left, fmt.Sprintf("organization %s: %s", l.Org, l.Says))
	}
	for _, s := range x.Rules {
		rule := &model.DecisionRule{Rule: s.Rule, Title: s.Title, File: s.File, Line: s.Line, Held: s.Held}
		if s.Stopped != "" {
			rule.Stopped, rule.StoppedLine = &s.Stopped, &s.StoppedLine
		}
		out.Rules = append(out.Rules, rule)
	}
	return out, nil
}
