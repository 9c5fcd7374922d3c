package auth

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/voxanne/cascade/policy"
)

// Directory answers the only questions asked before a scope exists. It must
// answer from live rows, and ErrUnknownSubject for what it does not have; any
// other error means that it could not look, and nobody is let in.
type Directory interface {
	// User finds the live facts of the user whom the issuer calls subject. Both
	// come from a verified token.
	User(ctx context.Context, issuer, subject string) (policy.Subject, error)

	// APIKey finds the partner or clinic that owns the key with this public id,
	// and what is kept of the key. The id comes from the request and proves
	// nothing: the caller compares the hash.
	APIKey(ctx context.Context, publicID string) (APIKeyRecord, error)
}

// APIKeyRecord is what is kept of an API key. The zero record matches no key.
type APIKeyRecord struct {
	Subject policy.Subject // the owner; its Credential is left empty
	Hash    [sha256.Size]byte
	Expires time.Time // zero: never
	Revoked bool
	Scopes  []string // "<resource>:<action>"; none: good for nothing
}
