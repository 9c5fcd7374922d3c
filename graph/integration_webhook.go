package graph

import (
	"context"
	"crypto/sha256"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/integration"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// webhookPath is where Vapi's messages arrive, before the key.
const webhookPath = "/webhooks/vapi/"

// rotateWebhook gives an integration a new webhook address and secret. Of the
// address only its key's SHA-256 is kept, which finds the integration when a
// message comes (app.directory_webhook); the key has 160 bits, so a plain hash
// does not give it away. The secret is sealed; webhook_auth says how the sender
// proves to know it, in the form that the webhook's receiver reads.
func (r *Resolver) rotateWebhook(ctx context.Context, id uuid.UUID, method model.WebhookAuthMethod) (*model.RotateIntegrationWebhookPayload, error) {
	row, err := ent.FromContext(ctx).Integration.Query().Where(integration.ID(id)).
		Select(integration.FieldOrgID, integration.FieldProvider, integration.FieldStatus).Only(ctx)
	switch {
	case err != nil:
		return nil, r.absent(ctx, err, policy.Update, policy.Integration, id)
	case row.Provider != integration.ProviderVapi:
		return nil, fault.New(fault.BadUserInput, "Only a VAPI integration has webhooks.").With("field", "id")
	case row.Status == integration.StatusDisconnected:
		return nil, fault.New(fault.Conflict, "This integration is disconnected. Connect it, then ask for a webhook.")
	}
	key, err := drawText(r.Random, webhookKeyBytes)
	if err != nil {
		return nil, err
	}
	proof, err := drawText(r.Random, webhookSecretBytes)
	if err != nil {
		return nil, err
	}
	sealed, err := r.seal(proof, secret.Place{Org: row.OrgID, Row: id, Column: secret.IntegrationWebhookSecret})
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(key))
	row, err = ent.FromContext(ctx).Integration.UpdateOneID(id).
		SetWebhookKeyHash(hash[:]).SetWebhookSecret(sealed).
		SetWebhookAuth(map[string]any{"method": strings.ToLower(string(method))}).
		Save(ctx)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.Integration, id)
	}
	return &model.RotateIntegrationWebhookPayload{
		Integration: shown(ctx, policy.Integration, row), Path: webhookPath + key, Secret: proof,
	}, nil
}

// disconnect forgets all that lets anything in or out.
func disconnect(ctx context.Context, id uuid.UUID) (*ent.Integration, error) {
	return ent.FromContext(ctx).Integration.UpdateOneID(id).SetStatus(integration.StatusDisconnected).
		ClearCredentials().ClearCredentialsHint().ClearLastCheckedAt().
		ClearWebhookKeyHash().ClearWebhookAuth().ClearWebhookSecret().
		Save(ctx)
}
