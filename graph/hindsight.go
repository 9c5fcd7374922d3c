package graph

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/auditdecision"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// Hindsight decides recorded questions once more, by the policies that run now.
// An input is the document that a policy saw, as its record keeps it.
type Hindsight interface {
	// WithoutSession reports whether an input would be allowed if the subject had
	// no emergency session. Its error means that the input is not of this version.
	WithoutSession(ctx context.Context, input json.RawMessage) (allowed bool, err error)
	// Explain says why an input is allowed or denied, in the fields of the answer
	// that are not the record's. An org hears its own facts alone; uuid.Nil stands
	// for whoever reads every record, and hears everything.
	Explain(ctx context.Context, input json.RawMessage, org uuid.UUID) (*model.DecisionExplanation, error)
}

func (r *Resolver) hindsight() (Hindsight, error) {
	if r.Hindsight == nil {
		return nil, fault.New(fault.Unavailable, "Decisions are not explained by this server.")
	}
	return r.Hindsight, nil
}

// inputOf is the input in the text of a record; nil where no policy was asked.
func inputOf(body string) (json.RawMessage, error) {
	var record struct {
		Input json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal([]byte(body), &record); err != nil {
		return nil, err
	}
	if string(record.Input) == "null" {
		return nil, nil
	}
	return record.Input, nil
}

// explain tells the asker why a decision came out as it did; nil when there is
// none that they may see.
func (r *Resolver) explain(ctx context.Context, id uuid.UUID) (*model.DecisionExplanation, error) {
	hindsight, err := r.hindsight()
	if err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).AuditDecision.Query().Where(auditdecision.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		r.missed(ctx, policy.Read, policy.AuditDecision, id)
		return nil, nil //nolint:nilnil // foreign and absent are the same null
	}
	if err != nil {
		return nil, err
	}
	to, err := audience(ctx, row)
	if err != nil {
		return nil, err
	}
	out := &model.DecisionExplanation{
		Sentence: "No policy was asked: the program itself decided, or told of a row that is another's.",
		Given:    []string{}, Changes: []string{}, Left: []string{}, Rules: []*model.DecisionRule{},
	}
	input, err := inputOf(row.Body)
	switch {
	case err != nil:
		out.Sentence = "The text of its record cannot be read."
	case input == nil:
		out.Reason = &row.Reason
	default:
		if out, err = hindsight.Explain(ctx, input, to); err != nil {
			return nil, err
		}
	}
	out.DecisionID, out.Allowed, out.Revision = nodeid.Encode("audit_decision", row.ID), row.Allow, row.Revision
	return out, nil
}

// audience is the org that hears why a decision was made: uuid.Nil for whoever
// reads every record, else the one of the reader's that the decision is about.
func audience(ctx context.Context, row *ent.AuditDecision) (uuid.UUID, error) {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil || scope.Wide(policy.AuditDecision) {
		return uuid.Nil, err
	}
	orgs := scope.Orgs(policy.Read, policy.AuditDecision)
	for _, org := range orgs {
		if row.OrgID != nil && *row.OrgID == org {
			return org, nil
		}
	}
	for _, org := range orgs {
		if slices.Contains(row.AskedOrgIds, org) {
			return org, nil
		}
	}
	return uuid.Nil, fault.New(fault.NotFound, "Not found.") // the rules of the row type show no such row
}
