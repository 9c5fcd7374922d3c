package bundle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
)

// ErrKey means that a key is not what ES256 signs with: ECDSA on P-256. No error
// holds any of its text.
var ErrKey = errors.New("want an ECDSA key on P-256, in PEM")

// Keys are the public keys that are trusted, by key id. None trusts nobody.
type Keys map[string]*ecdsa.PublicKey

// GenerateKey makes a signing key from 32 bytes of random, and more in one case
// of 2^32. Production hands in crypto/rand.Reader.
func GenerateKey(random io.Reader) (*ecdsa.PrivateKey, error) {
	for {
		var scalar [32]byte
		if _, err := io.ReadFull(random, scalar[:]); err != nil {
			return nil, fmt.Errorf("making a signing key: %w", err)
		}
		// Refused are zero and what is not below the order of the curve, so that
		// every key is as likely as the others.
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:]); err == nil {
			return key, nil
		}
	}
}

// KeyID is the RFC 7638 thumbprint of a public key: the same wherever the key
// lies and whoever names it.
func KeyID(key crypto.PublicKey) (string, error) {
	public, err := p256(key)
	if err != nil {
		return "", err
	}
	point, err := public.Bytes() // 0x04, x, y
	if err != nil {
		return "", ErrKey
	}
	base64 := base64.RawURLEncoding.EncodeToString
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, base64(point[1:33]), base64(point[33:])))
	return base64(sum[:]), nil
}

// EncodePrivateKey writes a key as PKCS #8 in PEM.
func EncodePrivateKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, ErrKey
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// EncodePublicKey writes a key as PKIX in PEM.
func EncodePublicKey(key crypto.PublicKey) ([]byte, error) {
	public, err := p256(key)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, ErrKey
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// ParsePrivateKey reads the first signing key of a PEM text: PKCS #8 or SEC 1.
func ParsePrivateKey(text []byte) (*ecdsa.PrivateKey, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var key any
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		default:
			continue // such as EC PARAMETERS, which openssl writes before the key
		}
		private, ok := key.(*ecdsa.PrivateKey)
		if err != nil || !ok || private.Curve != elliptic.P256() {
			return nil, ErrKey
		}
		return private, nil
	}
	return nil, ErrKey
}

// ParseKeys reads the public keys of PEM texts, each of which may hold several:
// the new one and the one before it. A text without a key is an error.
func ParseKeys(texts ...[]byte) (Keys, error) {
	keys := Keys{}
	for _, text := range texts {
		found := false
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			if block.Type != "PUBLIC KEY" {
				return nil, ErrKey
			}
			key, err := x509.ParsePKIXPublicKey(block.Bytes)
			if err != nil {
				return nil, ErrKey
			}
			if err := keys.Trust(key); err != nil {
				return nil, err
			}
			found = true
		}
		if !found {
			return nil, ErrKey
		}
	}
	return keys, nil
}

// Trust adds a public key under its id.
func (k Keys) Trust(key crypto.PublicKey) error {
	id, err := KeyID(key)
	if err != nil {
		return err
	}
	k[id], err = p256(key)
	return err
}

func p256(key crypto.PublicKey) (*ecdsa.PublicKey, error) {
	public, ok := key.(*ecdsa.PublicKey)
	if !ok || public == nil || public.Curve != elliptic.P256() {
		return nil, ErrKey
	}
	return public, nil
}
