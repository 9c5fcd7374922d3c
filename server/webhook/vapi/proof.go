package vapi

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // HMAC-SHA1 is one of the three that Vapi offers; HMAC needs no collision resistance
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// newHash is the hash that the Auth names; nil when it names none.
func (a Auth) newHash() func() hash.Hash {
	switch a.Algorithm {
	case SHA256:
		return sha256.New
	case SHA512:
		return sha512.New
	case SHA1:
		return sha1.New
	default:
		return nil
	}
}

// key is what the HMAC is keyed with.
func (a Auth) key(secret []byte) ([]byte, error) {
	if !a.SecretIsBase64 {
		return secret, nil
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(secret), "whsec_"))
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("%w: not base64", ErrBadSecret)
	}
	return key, nil
}

// anyEqual looks for want among the signatures of the header.
func (a Auth) anyEqual(proof string, want []byte) bool {
	found := false
	for candidate := range strings.FieldsSeq(proof) {
		text, ok := strings.CutPrefix(candidate, a.Prefix)
		if !ok {
			continue
		}
		var got []byte
		var err error
		if a.Encoding == Hex {
			got, err = hex.DecodeString(text)
		} else {
			got, err = base64.StdEncoding.DecodeString(text)
		}
		if err == nil && hmac.Equal(got, want) {
			found = true
		}
	}
	return found
}

// cutPrefixFold is strings.CutPrefix without regard to case, as RFC 9110 asks
// for authentication schemes.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// equal compares hashes, so that not even the length of the secret is told.
func equal(got, want []byte) bool {
	g, w := sha256.Sum256(got), sha256.Sum256(want)
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1
}
