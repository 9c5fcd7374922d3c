package demo

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/voxanne/cascade/server/auth"
)

// credentials are the secrets that outsiders hold. They are derived from the
// data directory's own secret (HKDF, RFC 5869), so that they outlive a restart
// without being kept anywhere, and are other ones in every directory.
type credentials struct{ secret []byte }

// derive makes n bytes for one purpose.
func (c credentials) derive(purpose string, n int) ([]byte, error) {
	b, err := hkdf.Key(sha256.New, c.secret, nil, "cascade demo "+purpose, n)
	if err != nil {
		return nil, fmt.Errorf("deriving the demo's credentials: %w", err)
	}
	return b, nil
}

// apiKey is the partner's key.
func (c credentials) apiKey() (auth.Key, error) {
	b, err := c.derive("api key "+partnerSlug, 64)
	if err != nil {
		return auth.Key{}, err
	}
	return auth.NewKey(bytes.NewReader(b), true)
}

// Vapi is what a clinic's assistant is set up with: the last part of the
// webhook's address, and the secret that it sends.
type Vapi struct{ Key, Secret string }

// vapi is the webhook credential of a clinic.
func (c credentials) vapi(slug string) (v Vapi, err error) {
	if v.Key, err = c.text("vapi key "+slug, 20); err != nil {
		return Vapi{}, err
	}
	v.Secret, err = c.text("vapi secret "+slug, 32)
	return v, err
}

// text is n bytes for one purpose, in hex.
func (c credentials) text(purpose string, n int) (string, error) {
	b, err := c.derive(purpose, n)
	return hex.EncodeToString(b), err
}
