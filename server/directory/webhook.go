package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
)

// WebhookTarget is the integration that a webhook's address belongs to. The
// address finds it and proves nothing: the provider's signature does.
type WebhookTarget struct {
	OrgID         uuid.UUID
	IntegrationID uuid.UUID
	Provider      string
	Slug          string           // the org's
	Status        policy.OrgStatus // the org's
	Plan          string
	Timezone      string
	Auth          json.RawMessage // how the provider proves itself
	Secret        []byte          // sealed; nil when there is none
}

// Webhook finds the integration whose address holds the key with this SHA-256,
// or auth.ErrUnknownSubject.
func (d *Directory) Webhook(ctx context.Context, keyHash [sha256.Size]byte) (WebhookTarget, error) {
	var w struct {
		ID       uuid.UUID        `json:"id"`
		OrgID    uuid.UUID        `json:"org_id"`
		Provider string           `json:"provider"`
		Slug     string           `json:"slug"`
		Status   policy.OrgStatus `json:"status"`
		Auth     json.RawMessage  `json:"auth"`
		Secret   *string          `json:"secret"`
		OrgFacts
	}
	err := d.ask(ctx, &w, `select app.directory_webhook($1)`, keyHash[:])
	if errors.Is(err, errAbsent) {
		return WebhookTarget{}, auth.ErrUnknownSubject
	}
	if err != nil {
		return WebhookTarget{}, err
	}
	target := WebhookTarget{
		OrgID: w.OrgID, IntegrationID: w.ID, Provider: w.Provider, Slug: w.Slug, Status: w.Status,
		Plan: w.Plan, Timezone: w.Timezone, Auth: w.Auth,
	}
	if w.Secret != nil {
		// Postgres breaks base64 into lines of 76 (RFC 2045).
		target.Secret, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(*w.Secret, "\n", ""))
		if err != nil {
			return WebhookTarget{}, fmt.Errorf("reading a webhook's sealed secret: %w", err)
		}
	}
	return target, nil
}
