package graph

import (
	"context"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/onboarding"
	"github.com/voxanne/cascade/ent/onboardingstep"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// Onboarding is the resolver for the onboarding field.
func (r *queryResolver) Onboarding(ctx context.Context) (*ent.Onboarding, error) {
	org, err := theOrg(ctx, policy.Read, policy.Onboarding)
	if err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).Onboarding.Query().Where(onboarding.OrgID(org)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // null is the answer
	}
	return row, err
}

// Onboardings is the resolver for the onboardings field.
func (r *queryResolver) Onboardings(ctx context.Context, first *int, after *string, last *int, before *string, where *model.OnboardingWhere) (*page.Connection[ent.Onboarding], error) {
	q := ent.FromContext(ctx).Onboarding.Query()
	if where != nil && where.Status != nil {
		q = q.Where(onboarding.StatusIn(where.Status...))
	}
	return page.List(ctx, q, page.Args{First: first, After: after, Last: last, Before: before}, onboardingOrder())
}

// OnboardingSteps is the resolver for the onboardingSteps field.
func (r *queryResolver) OnboardingSteps(ctx context.Context, first *int, after *string, last *int, before *string, where *model.OnboardingStepWhere) (*page.Connection[ent.OnboardingStep], error) {
	q := ent.FromContext(ctx).OnboardingStep.Query()
	if where != nil && where.OrganizationID != nil {
		// It chooses among the clinics that are seen anyway; one that does not
		// read is nobody's.
		org, err := idOf("organization", *where.OrganizationID)
		if err != nil {
			return nil, err
		}
		q = q.Where(onboardingstep.OrgID(org))
	}
	return page.List(ctx, q, page.Args{First: first, After: after, Last: last, Before: before}, stepOrder())
}
