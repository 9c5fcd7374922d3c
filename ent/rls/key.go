package rls

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Key seals scopes. Its zero value seals nothing that a database accepts.
type Key struct {
	id     string
	secret [32]byte
}

// DevPrefix begins the id of every key that "cascade dev" made. "serve"
// refuses such a key.
const DevPrefix = "dev-"

// ErrKey means that a seal key does not read.
var ErrKey = errors.New("a seal key is one line: <id>:<64 hex digits>")

var keyID = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// ParseKey reads a key file: "<id>:<64 hex digits>". The error never holds the
// key.
func ParseKey(text []byte) (Key, error) {
	id, digits, ok := strings.Cut(string(bytes.TrimSpace(text)), ":")
	if !ok || !keyID.MatchString(id) || len(digits) != 64 {
		return Key{}, ErrKey
	}
	k := Key{id: id}
	if _, err := hex.Decode(k.secret[:], []byte(digits)); err != nil {
		return Key{}, ErrKey
	}
	return k, nil
}

// NewKey makes a key from random, which must be cryptographic.
func NewKey(id string, random io.Reader) (Key, error) {
	if !keyID.MatchString(id) {
		return Key{}, ErrKey
	}
	k := Key{id: id}
	if _, err := io.ReadFull(random, k.secret[:]); err != nil {
		return Key{}, fmt.Errorf("making a seal key: %w", err)
	}
	return k, nil
}

// ID names the key; it is not secret.
func (k Key) ID() string { return k.id }

// File is the key as ParseKey reads it. It is the secret.
func (k Key) File() []byte { return []byte(k.id + ":" + hex.EncodeToString(k.secret[:]) + "\n") }

// String hides the secret.
func (k Key) String() string { return "seal key " + k.id }

// Prove writes what a function of the database that wants proof takes:
//
//	<key id>.<hex HMAC-SHA256 of the message>
//
// It says that the program asks, and not SQL that was slipped into one of its
// statements. A message must not begin with "{": that is how scopes begin.
func (k Key) Prove(message string) string {
	mac := hmac.New(sha256.New, k.secret[:])
	mac.Write([]byte(message))
	return k.id + "." + hex.EncodeToString(mac.Sum(nil))
}

// Pads are the two padded blocks of HMAC-SHA256 (RFC 2104, section 2) under
// this key: what the database keeps instead of the key.
func (k Key) Pads() (inner, outer [64]byte) {
	for i := range inner {
		var b byte
		if i < len(k.secret) {
			b = k.secret[i]
		}
		inner[i], outer[i] = b^0x36, b^0x5c
	}
	return inner, outer
}
