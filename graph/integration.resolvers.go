package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/integration"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// HasCredentials is the resolver for the hasCredentials field.
func (r *integrationResolver) HasCredentials(ctx context.Context, obj *ent.Integration) (bool, error) {
	return len(obj.Credentials) > 0, nil
}

// HasWebhook is the resolver for the hasWebhook field.
func (r *integrationResolver) HasWebhook(ctx context.Context, obj *ent.Integration) (bool, error) {
	return len(obj.WebhookKeyHash) > 0, nil
}

// ConnectIntegration is the resolver for the connectIntegration field.
func (r *mutationResolver) ConnectIntegration(ctx context.Context, input model.ConnectIntegrationInput) (*model.ConnectIntegrationPayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.Integration)
	if err != nil {
		return nil, err
	}
	if err := checkIntegration(input); err != nil {
		return nil, err
	}
	id, err := r.integrationFor(ctx, org, input.Provider)
	if err != nil {
		return nil, err
	}
	row, err := r.connect(ctx, org, id, input)
	if err != nil {
		return nil, err
	}
	return &model.ConnectIntegrationPayload{Integration: shown(ctx, policy.Integration, row)}, nil
}

// DisconnectIntegration is the resolver for the disconnectIntegration field.
func (r *mutationResolver) DisconnectIntegration(ctx context.Context, id string) (*model.DisconnectIntegrationPayload, error) {
	integrationID, err := idOf("integration", id)
	if err != nil {
		return nil, err
	}
	row, err := disconnect(ctx, integrationID)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.Integration, integrationID)
	}
	return &model.DisconnectIntegrationPayload{Integration: shown(ctx, policy.Integration, row)}, nil
}

// RotateIntegrationWebhook is the resolver for the rotateIntegrationWebhook field.
func (r *mutationResolver) RotateIntegrationWebhook(ctx context.Context, id string, method model.WebhookAuthMethod) (*model.RotateIntegrationWebhookPayload, error) {
	integrationID, err := idOf("integration", id)
	if err != nil {
		return nil, err
	}
	return r.rotateWebhook(ctx, integrationID, method)
}

// Integrations is the resolver for the integrations field.
func (r *queryResolver) Integrations(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Integration], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).Integration.Query(), args, integrationOrder())
}

// Integration is the resolver for the integration field.
func (r *queryResolver) Integration(ctx context.Context, id string) (*ent.Integration, error) {
	return find(ctx, r.Resolver, "integration", policy.Integration, id, func(ctx context.Context, id uuid.UUID) (*ent.Integration, error) {
		return ent.FromContext(ctx).Integration.Query().Where(integration.ID(id)).Only(ctx)
	})
}

// Integration returns generated.IntegrationResolver implementation.
func (r *Resolver) Integration() generated.IntegrationResolver { return &integrationResolver{r} }

type integrationResolver struct{ *Resolver }
