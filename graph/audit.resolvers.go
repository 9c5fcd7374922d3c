package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// SubjectID is the resolver for the subjectId field.
func (r *auditDecisionResolver) SubjectID(ctx context.Context, obj *ent.AuditDecision) (*string, error) {
	panic(fmt.Errorf("not implemented: SubjectID - subjectId"))
}

// AskedOrganizationIds is the resolver for the askedOrganizationIds field.
func (r *auditDecisionResolver) AskedOrganizationIds(ctx context.Context, obj *ent.AuditDecision) ([]string, error) {
	panic(fmt.Errorf("not implemented: AskedOrganizationIds - askedOrganizationIds"))
}

// OrganizationIds is the resolver for the organizationIds field.
func (r *auditDecisionResolver) OrganizationIds(ctx context.Context, obj *ent.AuditDecision) ([]string, error) {
	panic(fmt.Errorf("not implemented: OrganizationIds - organizationIds"))
}

// Masks is the resolver for the masks field.
func (r *auditDecisionResolver) Masks(ctx context.Context, obj *ent.AuditDecision) (map[string]any, error) {
	panic(fmt.Errorf("not implemented: Masks - masks"))
}

// Hash is the resolver for the hash field.
func (r *auditDecisionResolver) Hash(ctx context.Context, obj *ent.AuditDecision) (string, error) {
	panic(fmt.Errorf("not implemented: Hash - hash"))
}

// AuditDecisions is the resolver for the auditDecisions field.
func (r *queryResolver) AuditDecisions(ctx context.Context, first *int, after *string, last *int, before *string, where *model.AuditDecisionWhere) (*page.Connection[ent.AuditDecision], error) {
	panic(fmt.Errorf("not implemented: AuditDecisions - auditDecisions"))
}

// AuditDecision returns generated.AuditDecisionResolver implementation.
func (r *Resolver) AuditDecision() generated.AuditDecisionResolver { return &auditDecisionResolver{r} }

type auditDecisionResolver struct{ *Resolver }
