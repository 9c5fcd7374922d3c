package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// The algorithms we accept, and the only ones. Each key has exactly one of
// them, by its own type: what a token's header says can only agree or fail.
const (
	algES256 = "ES256"
	algRS256 = "RS256"
	algEdDSA = "EdDSA"
)

// key is one public key of the issuer.
type key struct {
	id     string
	alg    string
	public crypto.PublicKey // as golang-jwt wants it: *ecdsa, *rsa or ed25519
}

// same reports whether k and other are one key under one id.
func (k *key) same(other *key) bool {
	if other == nil || k.id != other.id || k.alg != other.alg {
		return false
	}
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(other.public)
}

// jwk is a JSON Web Key (RFC 7517), the public members of the three types we
// take. Private members are not decoded.
type jwk struct {
	Kty    string   `json:"kty"`
	Kid    string   `json:"kid"`
	Use    string   `json:"use,omitempty"`
	KeyOps []string `json:"key_ops,omitempty"`
	Alg    string   `json:"alg,omitempty"`
	Crv    string   `json:"crv,omitempty"`
	N      string   `json:"n,omitempty"`
	E      string   `json:"e,omitempty"`
	X      string   `json:"x,omitempty"`
	Y      string   `json:"y,omitempty"`
}

// parseKeys reads a JWK set (RFC 7517, section 5). A key that is not for
// verifying, is of a type we do not take, is weak, or has no kid is left out,
// as the RFC asks; of two with one kid the first counts. A set that holds none
// we take is no error: the issuer has withdrawn them. Something that is no JWK
// set is.
func parseKeys(document []byte) (map[string]*key, error) {
	var set struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("decoding the key set: %w", err)
	}
	if set.Keys == nil {
		return nil, errors.New("decoding the key set: it has no keys member")
	}
	keys := map[string]*key{}
	for _, raw := range *set.Keys {
		var j jwk
		if json.Unmarshal(raw, &j) != nil {
			continue
		}
		if k, ok := j.key(); ok && keys[k.id] == nil {
			keys[k.id] = k
		}
	}
	return keys, nil
}

func (j jwk) key() (*key, bool) {
	if j.Kid == "" || (j.Use != "" && j.Use != "sig") || (j.KeyOps != nil && !slices.Contains(j.KeyOps, "verify")) {
		return nil, false
	}
	k := &key{id: j.Kid}
	switch {
	case j.Kty == "EC" && j.Crv == "P-256":
		k.alg, k.public = algES256, j.p256()
	case j.Kty == "RSA":
		k.alg, k.public = algRS256, j.rsa()
	case j.Kty == "OKP" && j.Crv == "Ed25519":
		k.alg, k.public = algEdDSA, j.ed25519()
	}
	// RFC 9864 gives EdDSA over Ed25519 the second name.
	agrees := j.Alg == "" || j.Alg == k.alg || (k.alg == algEdDSA && j.Alg == "Ed25519")
	return k, k.public != nil && agrees
}

// p256 returns nil for what is no point of the curve.
func (j jwk) p256() crypto.PublicKey {
	x, y := octets(j.X), octets(j.Y)
	if len(x) != 32 || len(y) != 32 {
		return nil
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil
	}
	return public
}

// rsa returns nil for a modulus that is too short to trust (RFC 7518, section
// 3.3) or so long that checking a token would be an attack.
func (j jwk) rsa() crypto.PublicKey {
	n, e := new(big.Int).SetBytes(octets(j.N)), new(big.Int).SetBytes(octets(j.E))
	if n.BitLen() < 2048 || n.BitLen() > 8192 || e.BitLen() > 31 || e.Int64() < 3 || e.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

func (j jwk) ed25519() crypto.PublicKey {
	x := octets(j.X)
	if len(x) != ed25519.PublicKeySize {
		return nil
	}
	return ed25519.PublicKey(x)
}

// octets decodes base64url without padding; nil for anything else.
func octets(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}
