package graph

import (
	"context"
	"strings"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/accessgrant"
	"github.com/voxanne/cascade/ent/apikey"
	"github.com/voxanne/cascade/ent/breakglasssession"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// Scopes is the resolver for the scopes field.
func (r *aPIKeyResolver) Scopes(ctx context.Context, obj *ent.APIKey) ([]string, error) {
	return words(obj.Scopes), nil
}

// PartnerID is the resolver for the partnerId field.
func (r *accessGrantResolver) PartnerID(ctx context.Context, obj *ent.AccessGrant) (string, error) {
	return nodeid.Encode("organization", obj.PartnerID), nil
}

// Actions is the resolver for the actions field.
func (r *accessGrantResolver) Actions(ctx context.Context, obj *ent.AccessGrant) ([]string, error) {
	return words(obj.Actions), nil
}

// Resources is the resolver for the resources field.
func (r *accessGrantResolver) Resources(ctx context.Context, obj *ent.AccessGrant) ([]string, error) {
	return words(obj.Resources), nil
}

// Masks is the resolver for the masks field.
func (r *accessGrantResolver) Masks(ctx context.Context, obj *ent.AccessGrant) (map[string]any, error) {
	return maskMap(obj.Masks), nil
}

// RequestedByID is the resolver for the requestedById field.
func (r *breakGlassSessionResolver) RequestedByID(ctx context.Context, obj *ent.BreakGlassSession) (string, error) {
	return nodeid.Encode("user", obj.UserID), nil
}

// RequestedByKind is the resolver for the requestedByKind field.
func (r *breakGlassSessionResolver) RequestedByKind(ctx context.Context, obj *ent.BreakGlassSession) (model.SubjectKind, error) {
	return model.SubjectKindSupport, nil // nobody else's kind has a decision to ask
}

// ApprovedByID is the resolver for the approvedById field.
func (r *breakGlassSessionResolver) ApprovedByID(ctx context.Context, obj *ent.BreakGlassSession) (*string, error) {
	if obj.ApprovedBy == nil {
		return nil, nil //nolint:nilnil // nobody yet
	}
	id := nodeid.Encode("user", *obj.ApprovedBy)
	return &id, nil
}

// ApprovedByKind is the resolver for the approvedByKind field.
func (r *breakGlassSessionResolver) ApprovedByKind(ctx context.Context, obj *ent.BreakGlassSession) (*model.SubjectKind, error) {
	if obj.ApprovedBy == nil {
		return nil, nil //nolint:nilnil // nobody yet
	}
	kind := model.SubjectKindSecurity // approveBreakGlass lets nobody else
	return &kind, nil
}

// State is the resolver for the state field.
func (r *breakGlassSessionResolver) State(ctx context.Context, obj *ent.BreakGlassSession) (model.BreakGlassState, error) {
	return breakGlassState(obj, decidedFrom(ctx).now), nil
}

// CreateAccessGrant is the resolver for the createAccessGrant field.
func (r *mutationResolver) CreateAccessGrant(ctx context.Context, input model.CreateAccessGrantInput) (*model.CreateAccessGrantPayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.AccessGrant)
	if err != nil {
		return nil, err
	}
	now := r.Now()
	g, err := readGrant(input, now)
	if err != nil {
		return nil, err
	}
	partner, err := findPartner(ctx, input.PartnerSlug)
	if err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).AccessGrant.Create().SetID(r.NewID()).SetOrgID(org).SetPartnerID(partner).
		SetActions(g.actions).SetResources(g.resources).SetMasks(g.masks).SetPurpose(strings.TrimSpace(input.Purpose)).
		SetStartsAt(now).SetExpiresAt(input.ExpiresAt).SetCreatedBy(decidedFrom(ctx).request.Subject.ID).Save(ctx)
	if err != nil {
		return nil, err
	}
	return &model.CreateAccessGrantPayload{AccessGrant: row}, nil
}

// RevokeAccessGrant is the resolver for the revokeAccessGrant field.
func (r *mutationResolver) RevokeAccessGrant(ctx context.Context, id string) (*model.RevokeAccessGrantPayload, error) {
	row, err := idOf("access_grant", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx).AccessGrant
	if err := client.Update().Where(accessgrant.ID(row), accessgrant.RevokedAtIsNil()).SetRevokedAt(r.Now()).Exec(ctx); err != nil {
		return nil, err
	}
	now, err := current(ctx, r.Resolver, policy.Update, policy.AccessGrant, row, client.Get)
	if err != nil {
		return nil, err
	}
	return &model.RevokeAccessGrantPayload{AccessGrant: now}, nil
}

// CreateAPIKey is the resolver for the createApiKey field.
func (r *mutationResolver) CreateAPIKey(ctx context.Context, input model.CreateAPIKeyInput) (*model.CreateAPIKeyPayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.APIKey)
	if err != nil {
		return nil, err
	}
	scopes, err := readScopes(input, r.Now())
	if err != nil {
		return nil, err
	}
	reveal, publicID, lastFour, hash, err := r.NewAPIKey()
	if err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).APIKey.Create().SetID(r.NewID()).SetOrgID(org).SetName(strings.TrimSpace(input.Name)).
		SetPublicID(publicID).SetHash(hash[:]).SetLastFour(lastFour).SetScopes(scopes).
		SetNillableExpiresAt(input.ExpiresAt).SetCreatedBy(decidedFrom(ctx).request.Subject.ID).Save(ctx)
	if err != nil {
		return nil, err
	}
	return &model.CreateAPIKeyPayload{APIKey: row, Key: reveal}, nil
}

// RevokeAPIKey is the resolver for the revokeApiKey field.
func (r *mutationResolver) RevokeAPIKey(ctx context.Context, id string) (*model.RevokeAPIKeyPayload, error) {
	row, err := idOf("api_key", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx).APIKey
	if err := client.Update().Where(apikey.ID(row), apikey.RevokedAtIsNil()).SetRevokedAt(r.Now()).Exec(ctx); err != nil {
		return nil, err
	}
	now, err := current(ctx, r.Resolver, policy.Update, policy.APIKey, row, client.Get)
	if err != nil {
		return nil, err
	}
	return &model.RevokeAPIKeyPayload{APIKey: now}, nil
}

// RequestBreakGlass is the resolver for the requestBreakGlass field.
func (r *mutationResolver) RequestBreakGlass(ctx context.Context, input model.RequestBreakGlassInput) (*model.RequestBreakGlassPayload, error) {
	input = trimmed(input)
	if err := checkBreakGlass(input); err != nil {
		return nil, err
	}
	id, err := r.requestBreakGlass(ctx, input)
	if err != nil {
		return nil, err
	}
	return &model.RequestBreakGlassPayload{
		SessionID: nodeid.Encode("break_glass_session", id), ApproveBefore: decidedFrom(ctx).now.Add(approvable),
	}, nil
}

// ApproveBreakGlass is the resolver for the approveBreakGlass field.
func (r *mutationResolver) ApproveBreakGlass(ctx context.Context, id string) (*model.ApproveBreakGlassPayload, error) {
	row, err := idOf("break_glass_session", id)
	if err != nil {
		return nil, err
	}
	if err := r.approveBreakGlass(ctx, row); err != nil {
		return nil, err
	}
	told, err := tellBreakGlass(ctx, row)
	if err != nil {
		return nil, err
	}
	if told.StartsAt == nil || told.ExpiresAt == nil {
		return nil, fault.New(fault.Internal, "An approved session has no end.")
	}
	return &model.ApproveBreakGlassPayload{SessionID: id, StartsAt: *told.StartsAt, ExpiresAt: *told.ExpiresAt}, nil
}

// EndBreakGlassSession is the resolver for the endBreakGlassSession field.
func (r *mutationResolver) EndBreakGlassSession(ctx context.Context, id string) (*model.EndBreakGlassSessionPayload, error) {
	row, err := idOf("break_glass_session", id)
	if err != nil {
		return nil, err
	}
	if decidedFrom(ctx).wide() {
		return r.endAsPlatform(ctx, row)
	}
	client := ent.FromContext(ctx).BreakGlassSession
	if err := client.Update().Where(breakglasssession.ID(row), breakglasssession.EndedAtIsNil()).SetEndedAt(r.Now()).Exec(ctx); err != nil {
		return nil, err
	}
	now, err := current(ctx, r.Resolver, policy.Update, policy.BreakGlassSession, row, client.Get)
	if err != nil {
		return nil, err
	}
	return &model.EndBreakGlassSessionPayload{SessionID: id, EndedAt: now.EndedAt, BreakGlassSession: now}, nil
}

// AccessGrants is the resolver for the accessGrants field.
func (r *queryResolver) AccessGrants(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.AccessGrant], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).AccessGrant.Query(), args, accessGrantOrder())
}

// APIKeys is the resolver for the apiKeys field.
func (r *queryResolver) APIKeys(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.APIKey], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).APIKey.Query(), args, apiKeyOrder())
}

// BreakGlassSessions is the resolver for the breakGlassSessions field.
func (r *queryResolver) BreakGlassSessions(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.BreakGlassSession], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).BreakGlassSession.Query(), args, breakGlassOrder())
}

// BreakGlassReport is the resolver for the breakGlassReport field.
func (r *queryResolver) BreakGlassReport(ctx context.Context, id string) (*model.BreakGlassReport, error) {
	row, err := idOf("break_glass_session", id)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // like one that is not there
	}
	return r.breakGlassReport(ctx, row)
}

// APIKey returns generated.APIKeyResolver implementation.
func (r *Resolver) APIKey() generated.APIKeyResolver { return &aPIKeyResolver{r} }

// AccessGrant returns generated.AccessGrantResolver implementation.
func (r *Resolver) AccessGrant() generated.AccessGrantResolver { return &accessGrantResolver{r} }

// BreakGlassSession returns generated.BreakGlassSessionResolver implementation.
func (r *Resolver) BreakGlassSession() generated.BreakGlassSessionResolver {
	return &breakGlassSessionResolver{r}
}

type (
	aPIKeyResolver            struct{ *Resolver }
	accessGrantResolver       struct{ *Resolver }
	breakGlassSessionResolver struct{ *Resolver }
)
