package graph

import (
	"context"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/organization"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// UpdateOrganization is the resolver for the updateOrganization field.
func (r *mutationResolver) UpdateOrganization(ctx context.Context, input model.UpdateOrganizationInput) (*model.UpdateOrganizationPayload, error) {
	org, err := theOrg(ctx, policy.Update, policy.Organization)
	if err != nil {
		return nil, err
	}
	if err := checkOrganization(input); err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).Organization.UpdateOneID(org).
		SetNillableName(input.Name).SetNillableTimezone(input.Timezone).
		SetNillableLocale(input.Locale).SetNillableViewersSeeTranscripts(input.ViewersSeeTranscripts).
		Save(ctx)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.Organization, org)
	}
	return &model.UpdateOrganizationPayload{Organization: row}, nil
}

// Organization is the resolver for the organization field.
func (r *queryResolver) Organization(ctx context.Context) (*ent.Organization, error) {
	org, err := theOrg(ctx, policy.Read, policy.Organization)
	if err != nil {
		return nil, err
	}
	return ent.FromContext(ctx).Organization.Query().Where(organization.ID(org)).Only(ctx)
}

// Organizations is the resolver for the organizations field.
func (r *queryResolver) Organizations(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Organization], error) {
	return page.List(ctx, ent.FromContext(ctx).Organization.Query(),
		page.Args{First: first, After: after, Last: last, Before: before}, organizationOrder())
}

// Mutation returns generated.MutationResolver implementation.
func (r *Resolver) Mutation() generated.MutationResolver { return &mutationResolver{r} }

type mutationResolver struct{ *Resolver }
