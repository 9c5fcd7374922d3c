package graph

import (
	"context"
	"encoding/hex"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// OrganizationID is the resolver for the organizationId field.
func (r *auditDecisionResolver) OrganizationID(ctx context.Context, obj *ent.AuditDecision) (*string, error) {
	if obj.OrgID == nil {
		return nil, nil //nolint:nilnil // it is about several, or none
	}
	id := obj.OrganizationID()
	return &id, nil
}

// SubjectID is the resolver for the subjectId field.
func (r *auditDecisionResolver) SubjectID(ctx context.Context, obj *ent.AuditDecision) (*string, error) {
	return subjectID(obj), nil
}

// AskedOrganizationIds is the resolver for the askedOrganizationIds field.
func (r *auditDecisionResolver) AskedOrganizationIds(ctx context.Context, obj *ent.AuditDecision) ([]string, error) {
	return knownOrgs(ctx, obj.AskedOrgIds)
}

// OrganizationIds is the resolver for the organizationIds field.
func (r *auditDecisionResolver) OrganizationIds(ctx context.Context, obj *ent.AuditDecision) ([]string, error) {
	return knownOrgs(ctx, obj.OrgIds)
}

// Masks is the resolver for the masks field.
func (r *auditDecisionResolver) Masks(ctx context.Context, obj *ent.AuditDecision) (map[string]any, error) {
	return maskMap(obj.Masks), nil
}

// Hash is the resolver for the hash field.
func (r *auditDecisionResolver) Hash(ctx context.Context, obj *ent.AuditDecision) (string, error) {
	return hex.EncodeToString(obj.Hash), nil
}

// AuditDecisions is the resolver for the auditDecisions field.
func (r *queryResolver) AuditDecisions(ctx context.Context, first *int, after *string, last *int, before *string, where *model.AuditDecisionWhere) (*page.Connection[ent.AuditDecision], error) {
	q := filterDecisions(ent.FromContext(ctx).AuditDecision.Query(), where)
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, auditDecisionOrder(), decisionColumns)
}

// ExplainDecision is the resolver for the explainDecision field.
func (r *queryResolver) ExplainDecision(ctx context.Context, id string) (*model.DecisionExplanation, error) {
	row, err := idOf("audit_decision", id)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // like one that is not there
	}
	return r.explain(ctx, row)
}

// AuditDecision returns generated.AuditDecisionResolver implementation.
func (r *Resolver) AuditDecision() generated.AuditDecisionResolver { return &auditDecisionResolver{r} }

type auditDecisionResolver struct{ *Resolver }
