package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// Scopes is the resolver for the scopes field.
func (r *aPIKeyResolver) Scopes(ctx context.Context, obj *ent.APIKey) ([]string, error) {
	panic(fmt.Errorf("not implemented: Scopes - scopes"))
}

// PartnerID is the resolver for the partnerId field.
func (r *accessGrantResolver) PartnerID(ctx context.Context, obj *ent.AccessGrant) (string, error) {
	panic(fmt.Errorf("not implemented: PartnerID - partnerId"))
}

// Actions is the resolver for the actions field.
func (r *accessGrantResolver) Actions(ctx context.Context, obj *ent.AccessGrant) ([]string, error) {
	panic(fmt.Errorf("not implemented: Actions - actions"))
}

// Resources is the resolver for the resources field.
func (r *accessGrantResolver) Resources(ctx context.Context, obj *ent.AccessGrant) ([]string, error) {
	panic(fmt.Errorf("not implemented: Resources - resources"))
}

// Masks is the resolver for the masks field.
func (r *accessGrantResolver) Masks(ctx context.Context, obj *ent.AccessGrant) (map[string]any, error) {
	panic(fmt.Errorf("not implemented: Masks - masks"))
}

// CreateAccessGrant is the resolver for the createAccessGrant field.
func (r *mutationResolver) CreateAccessGrant(ctx context.Context, input model.CreateAccessGrantInput) (*model.CreateAccessGrantPayload, error) {
	panic(fmt.Errorf("not implemented: CreateAccessGrant - createAccessGrant"))
}

// RevokeAccessGrant is the resolver for the revokeAccessGrant field.
func (r *mutationResolver) RevokeAccessGrant(ctx context.Context, id string) (*model.RevokeAccessGrantPayload, error) {
	panic(fmt.Errorf("not implemented: RevokeAccessGrant - revokeAccessGrant"))
}

// CreateAPIKey is the resolver for the createApiKey field.
func (r *mutationResolver) CreateAPIKey(ctx context.Context, input model.CreateAPIKeyInput) (*model.CreateAPIKeyPayload, error) {
	panic(fmt.Errorf("not implemented: CreateAPIKey - createApiKey"))
}

// RevokeAPIKey is the resolver for the revokeApiKey field.
func (r *mutationResolver) RevokeAPIKey(ctx context.Context, id string) (*model.RevokeAPIKeyPayload, error) {
	panic(fmt.Errorf("not implemented: RevokeAPIKey - revokeApiKey"))
}

// EndBreakGlassSession is the resolver for the endBreakGlassSession field.
func (r *mutationResolver) EndBreakGlassSession(ctx context.Context, id string) (*model.EndBreakGlassSessionPayload, error) {
	panic(fmt.Errorf("not implemented: EndBreakGlassSession - endBreakGlassSession"))
}

// AccessGrants is the resolver for the accessGrants field.
func (r *queryResolver) AccessGrants(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.AccessGrant], error) {
	panic(fmt.Errorf("not implemented: AccessGrants - accessGrants"))
}

// APIKeys is the resolver for the apiKeys field.
func (r *queryResolver) APIKeys(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.APIKey], error) {
	panic(fmt.Errorf("not implemented: APIKeys - apiKeys"))
}

// BreakGlassSessions is the resolver for the breakGlassSessions field.
func (r *queryResolver) BreakGlassSessions(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.BreakGlassSession], error) {
	panic(fmt.Errorf("not implemented: BreakGlassSessions - breakGlassSessions"))
}

// APIKey returns generated.APIKeyResolver implementation.
func (r *Resolver) APIKey() generated.APIKeyResolver { return &aPIKeyResolver{r} }

// AccessGrant returns generated.AccessGrantResolver implementation.
func (r *Resolver) AccessGrant() generated.AccessGrantResolver { return &accessGrantResolver{r} }

type (
	aPIKeyResolver      struct{ *Resolver }
	accessGrantResolver struct{ *Resolver }
)
