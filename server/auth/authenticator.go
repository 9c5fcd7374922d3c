package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/voxanne/cascade/policy"
)

// Identity is who a request comes from. The zero Identity is nobody.
type Identity struct {
	// Subject holds live facts, and the credential that proved it.
	Subject policy.Subject
	// OrgChoice is the org that the token asks for, unproven; Choose judges it.
	OrgChoice string
}

// AuthenticatorConfig is what an Authenticator stands on.
type AuthenticatorConfig struct {
	Verifier  *Verifier        // required
	Directory Directory        // required
	Now       func() time.Time // nil: time.Now
}

// Authenticator proves who asks. It is safe for concurrent use. Make it with
// NewAuthenticator.
type Authenticator struct {
	verifier  *Verifier
	directory Directory
	now       func() time.Time
}

// NewAuthenticator checks the configuration.
func NewAuthenticator(cfg AuthenticatorConfig) (*Authenticator, error) {
	if cfg.Verifier == nil || cfg.Directory == nil {
		return nil, errors.New("auth: an authenticator needs a verifier and a directory")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Authenticator{verifier: cfg.Verifier, directory: cfg.Directory, now: cfg.Now}, nil
}

// Authenticate proves who sent r by its one credential: a token or an API key
// in "Authorization: Bearer" (RFC 6750, section 2.1), or an API key in
// X-API-Key. Nothing is read from the URL, the body or a cookie.
func (a *Authenticator) Authenticate(ctx context.Context, r *http.Request) (Identity, error) {
	bearers, keys := r.Header.Values("Authorization"), r.Header.Values("X-API-Key")
	switch {
	case len(bearers)+len(keys) == 0:
		return Identity{}, ErrNoCredential
	case len(bearers)+len(keys) > 1:
		return Identity{}, ErrManyCredentials
	case len(keys) == 1:
		return a.apiKey(ctx, keys[0])
	}
	raw, err := BearerToken(bearers[0])
	if err != nil {
		return Identity{}, err
	}
	return a.AuthenticateToken(ctx, raw)
}

// BearerToken takes the credential out of an Authorization value. The scheme
// is matched in any case (RFC 9110, section 11.1).
func BearerToken(authorization string) (string, error) {
	if len(authorization) > maxCredential+len("Bearer ") {
		return "", ErrTooLarge
	}
	words := strings.Fields(authorization)
	if len(words) != 2 || !strings.EqualFold(words[0], "Bearer") {
		return "", ErrScheme
	}
	return words[1], nil
}

// AuthenticateToken proves who holds the bare credential raw, a token or an API
// key: what a WebSocket's connection_init carries.
func (a *Authenticator) AuthenticateToken(ctx context.Context, raw string) (Identity, error) {
	if looksLikeKey(raw) {
		return a.apiKey(ctx, raw)
	}
	claims, err := a.verifier.Verify(ctx, raw)
	if err != nil {
		return Identity{}, err
	}
	subject, err := a.directory.User(ctx, claims.Issuer, claims.Subject)
	if err != nil {
		return Identity{}, fmt.Errorf("finding the token's user: %w", err)
	}
	if !subject.Known() {
		return Identity{}, ErrUnknownSubject
	}
	subject.Credential = policy.Credential{
		Type:    policy.JWT,
		ID:      claims.ID,
		MFA:     claims.MFA,
		Expires: claims.Expires,
	}
	return Identity{Subject: subject, OrgChoice: claims.OrgChoice}, nil
}

func (a *Authenticator) apiKey(ctx context.Context, raw string) (Identity, error) {
	if len(raw) > maxCredential {
		return Identity{}, ErrTooLarge
	}
	key, err := ParseKey(raw)
	if err != nil {
		return Identity{}, err
	}
	record, err := a.directory.APIKey(ctx, key.PublicID())
	switch {
	case errors.Is(err, ErrUnknownSubject):
		return Identity{}, ErrAPIKey
	case err != nil:
		return Identity{}, fmt.Errorf("finding the API key: %w", err)
	case !key.Matches(record.Hash):
		return Identity{}, ErrAPIKey
	case record.Revoked:
		return Identity{}, ErrAPIKeyRevoked
	case !record.Expires.IsZero() && !a.now().Before(record.Expires):
		return Identity{}, ErrAPIKeyExpired
	case !record.Subject.Known():
		return Identity{}, ErrUnknownSubject
	}
	record.Subject.Credential = policy.Credential{
		Type: policy.Key,
		ID:   key.PublicID(),
		// Never nil, which would mean that nothing is narrowed.
		Scopes:  append([]string{}, record.Scopes...),
		Expires: record.Expires,
	}
	return Identity{Subject: record.Subject}, nil
}
