package secret

import (
	"slices"

	"github.com/google/uuid"
)

// Place is where a sealed value is kept, and the only place where it opens.
// A place that lacks any of its parts seals nothing.
type Place struct {
	Org uuid.UUID
	Row uuid.UUID
	// Column is the table's name and the column's; the constants are all there are.
	Column string
}

// The columns that hold sealed values.
const (
	IntegrationCredentials   = "integrations.credentials"    // a JSON object
	IntegrationWebhookSecret = "integrations.webhook_secret" // the text
	OnboardingSecrets        = "onboardings.secrets"         // a JSON object
	IdempotencyResponse      = "idempotency_keys.response"   // a salt and the data of an answer
)

// scheme tells this encoding of places from any later one.
const scheme = "cascade/place/1\x00"

// Bytes is the place as associated data: the ids have one length and the column
// comes last, so that no two places are the same bytes. It is nil for a place
// that lacks a part.
func (p Place) Bytes() []byte {
	if p.Org == uuid.Nil || p.Row == uuid.Nil || p.Column == "" {
		return nil
	}
	return slices.Concat([]byte(scheme), p.Org[:], p.Row[:], []byte(p.Column))
}
