package demo

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/integration"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// Sealer seals a secret for its place (secret.Place), as *secret.Keyset does.
type Sealer interface {
	Seal(plain, aad []byte) ([]byte, error)
}

// connect sets what is secret about a clinic's integrations: the credentials
// that it gave us, unless it gave others since, and the webhook that its
// assistant calls, which is told anew at each start and so set anew too. What
// the clinic disconnected or removed stays so.
func connect(ctx context.Context, tx dialect.ExecQuerier, c clinic, secrets credentials, sealer Sealer) error {
	for _, p := range []integration.Provider{integration.ProviderVapi, integration.ProviderTwilio, integration.ProviderGoogleCalendar} {
		key, err := secrets.text(c.slug+" "+string(p)+" credentials", 16)
		if err != nil {
			return err
		}
		plain, err := json.Marshal(map[string]string{"apiKey": key})
		if err != nil {
			return fmt.Errorf("writing credentials down: %w", err)
		}
		id := c.integrationID(p)
		sealed, err := seal(sealer, plain, c.id(), id, integration.FieldCredentials)
		if err != nil {
			return err
		}
		err = tx.Exec(ctx, `update integrations set credentials = $1, credentials_hint = $2
			where org_id = $3 and id = $4 and credentials is null and status <> 'disconnected'`,
			[]any{sealed, key[len(key)-4:], c.id(), id}, nil)
		if err != nil {
			return fmt.Errorf("keeping credentials of %s: %w", p, err)
		}
	}
	return listen(ctx, tx, c, secrets, sealer)
}

// listen sets the address and the secret of the webhook.
func listen(ctx context.Context, tx dialect.ExecQuerier, c clinic, secrets credentials, sealer Sealer) error {
	hook, err := secrets.vapi(c.slug)
	if err != nil {
		return err
	}
	auth, err := json.Marshal(vapi.Auth{Method: vapi.MethodSecret})
	if err != nil {
		return fmt.Errorf("writing the webhook's method: %w", err)
	}
	id := c.integrationID(integration.ProviderVapi)
	sealed, err := seal(sealer, []byte(hook.Secret), c.id(), id, integration.FieldWebhookSecret)
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(hook.Key))
	err = tx.Exec(ctx, `update integrations set webhook_key_hash = $1, webhook_auth = $2, webhook_secret = $3
		where org_id = $4 and id = $5 and status <> 'disconnected'`,
		[]any{hash[:], string(auth), sealed, c.id(), id}, nil)
	if err != nil {
		return fmt.Errorf("setting up the webhook: %w", err)
	}
	return nil
}

// seal seals for a column of the integrations' table.
func seal(sealer Sealer, plain []byte, org, row uuid.UUID, column string) ([]byte, error) {
	place := secret.Place{Org: org, Row: row, Column: integration.Table + "." + column}
	sealed, err := sealer.Seal(plain, place.Bytes())
	if err != nil {
		return nil, fmt.Errorf("sealing %s: %w", place.Column, err)
	}
	return sealed, nil
}
