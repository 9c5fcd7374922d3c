package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// maxCredential bounds, in bytes, what is looked at before anything is proved.
const maxCredential = 8 << 10

// Verifier checks JSON Web Tokens (RFC 7519) under the rules of RFC 8725: the
// algorithms are ours and bound to the key, and every claim that limits a token
// is checked. It is safe for concurrent use. Make it with NewVerifier.
type Verifier struct {
	issuer, audience string
	leeway           time.Duration
	now              func() time.Time
	parser           *jwt.Parser
	keys             *keySource
	cache            *tokenCache
}

// Ready returns nil once the issuer's keys have been loaded, fetching them if
// that is due, and ErrKeysUnavailable until then.
func (v *Verifier) Ready(ctx context.Context) error {
	if v.keys.current.Load() != nil {
		return nil
	}
	if _, err := v.keys.find(ctx, ""); !errors.Is(err, ErrUnknownKey) {
		return err
	}
	return nil
}

// Verify returns the claims of a token that passes every check, or the *Error
// of the first that it fails; any other error is the context's. A token seen
// before costs a digest and a look-up, and is held to time and keys again.
func (v *Verifier) Verify(ctx context.Context, raw string) (Claims, error) {
	if raw == "" {
		return Claims{}, ErrNoCredential
	}
	if len(raw) > maxCredential {
		return Claims{}, ErrTooLarge
	}
	set, err := v.keys.fresh(ctx)
	if err != nil {
		return Claims{}, err
	}
	digest := sha256.Sum256([]byte(raw))
	if seen, ok := v.cache.get(digest); ok {
		if set.holds(seen.key) && v.now().Before(seen.claims.Expires.Add(v.leeway)) {
			return seen.claims, nil
		}
		v.cache.drop(digest)
	}
	p, signer, err := v.parse(ctx, raw)
	if err != nil {
		return Claims{}, err
	}
	if err := v.accept(p); err != nil {
		return Claims{}, err
	}
	claims := Claims{
		Issuer:    p.Issuer,
		Subject:   p.Subject,
		ID:        cmp.Or(p.ID, "sha256:"+hex.EncodeToString(digest[:16])),
		Email:     p.email,
		MFA:       secondFactor(p.aal, p.amr),
		OrgChoice: p.orgChoice,
		Expires:   p.ExpiresAt.Time,
	}
	v.cache.put(digest, verified{claims: claims, key: signer})
	return claims, nil
}

// parse reads the token and checks its signature, with the key it was made with.
func (v *Verifier) parse(ctx context.Context, raw string) (*payload, *key, error) {
	var (
		p       payload
		signer  *key
		refused error
	)
	_, err := v.parser.ParseWithClaims(raw, &p, func(t *jwt.Token) (any, error) {
		signer, refused = v.signer(ctx, t.Header)
		if refused != nil {
			return nil, refused
		}
		return signer.public, nil
	})
	switch {
	case refused != nil:
		return nil, nil, refused
	case errors.Is(err, jwt.ErrTokenUnverifiable): // an alg that the library does not know
		return nil, nil, ErrAlgorithm
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return nil, nil, ErrSignature
	case err != nil:
		return nil, nil, ErrMalformed
	}
	return &p, signer, nil
}

// signer finds the key that the header names and holds the header to it. The
// algorithm comes first, so that a wrong one never causes a fetch.
func (v *Verifier) signer(ctx context.Context, header map[string]any) (*key, error) {
	alg, _ := header["alg"].(string)
	if !slices.Contains([]string{algES256, algRS256, algEdDSA}, alg) {
		return nil, ErrAlgorithm
	}
	if _, ok := header["crit"]; ok { // RFC 7515, section 4.1.11: we understand no extension
		return nil, ErrMalformed
	}
	// RFC 8725, section 3.11: a token made for another purpose is not ours.
	typ, _ := header["typ"].(string)
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	if header["typ"] != nil && typ != "jwt" && typ != "at+jwt" {
		return nil, ErrMalformed
	}
	id, _ := header["kid"].(string)
	if id == "" {
		return nil, ErrUnknownKey
	}
	k, err := v.keys.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if k.alg != alg {
		return nil, ErrAlgorithm
	}
	return k, nil
}

// accept checks the claims of a token whose signature is good. Whether it is
// ours at all comes before whether it is timely.
func (v *Verifier) accept(p *payload) error {
	now := v.now()
	switch {
	case p.Issuer != v.issuer:
		return ErrIssuer
	case !slices.Contains(p.Audience, v.audience):
		return ErrAudience
	case p.ExpiresAt == nil || p.Subject == "":
		return ErrMalformed
	case !now.Before(p.ExpiresAt.Add(v.leeway)):
		return ErrExpired
	case p.NotBefore != nil && now.Add(v.leeway).Before(p.NotBefore.Time),
		p.IssuedAt != nil && now.Add(v.leeway).Before(p.IssuedAt.Time):
		return ErrNotYetValid
	default:
		return nil
	}
}
