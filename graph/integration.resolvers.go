package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// HasCredentials is the resolver for the hasCredentials field.
func (r *integrationResolver) HasCredentials(ctx context.Context, obj *ent.Integration) (bool, error) {
	panic(fmt.Errorf("not implemented: HasCredentials - hasCredentials"))
}

// HasWebhook is the resolver for the hasWebhook field.
func (r *integrationResolver) HasWebhook(ctx context.Context, obj *ent.Integration) (bool, error) {
	panic(fmt.Errorf("not implemented: HasWebhook - hasWebhook"))
}

// ConnectIntegration is the resolver for the connectIntegration field.
func (r *mutationResolver) ConnectIntegration(ctx context.Context, input model.ConnectIntegrationInput) (*model.ConnectIntegrationPayload, error) {
	panic(fmt.Errorf("not implemented: ConnectIntegration - connectIntegration"))
}

// DisconnectIntegration is the resolver for the disconnectIntegration field.
func (r *mutationResolver) DisconnectIntegration(ctx context.Context, id string) (*model.DisconnectIntegrationPayload, error) {
	panic(fmt.Errorf("not implemented: DisconnectIntegration - disconnectIntegration"))
}

// RotateIntegrationWebhook is the resolver for the rotateIntegrationWebhook field.
func (r *mutationResolver) RotateIntegrationWebhook(ctx context.Context, id string, method model.WebhookAuthMethod) (*model.RotateIntegrationWebhookPayload, error) {
	panic(fmt.Errorf("not implemented: RotateIntegrationWebhook - rotateIntegrationWebhook"))
}

// Integrations is the resolver for the integrations field.
func (r *queryResolver) Integrations(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Integration], error) {
	panic(fmt.Errorf("not implemented: Integrations - integrations"))
}

// Integration is the resolver for the integration field.
func (r *queryResolver) Integration(ctx context.Context, id string) (*ent.Integration, error) {
	panic(fmt.Errorf("not implemented: Integration - integration"))
}

// Integration returns generated.IntegrationResolver implementation.
func (r *Resolver) Integration() generated.IntegrationResolver { return &integrationResolver{r} }

type integrationResolver struct{ *Resolver }
