package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"math/big"
	"strings"
	"unique"
)

// The form of a key: a prefix, 160 random bits, and a checksum of all before
// it, both in base62. The prefix and the checksum let a scanner of leaked
// secrets recognize one without asking anybody.
const (
	livePrefix = "vox_live_"
	testPrefix = "vox_test_"

	randomBytes  = 20
	bodyLength   = 27 // base62 digits that hold 160 bits
	sumLength    = 6  // base62 digits that hold 32 bits
	prefixLength = len(livePrefix)
	keyLength    = prefixLength + bodyLength + sumLength

	// idLength is how much of the body is public: 58 bits, enough to be unique.
	// With the last four shown as well, 77 bits stay secret from someone who
	// stole the table and tries keys against its hashes.
	idLength = 10
)

// Key is an API key, the secret itself. It shows itself redacted wherever it is
// printed or logged; Reveal is the one way to its text. Keys are equal when
// their texts are. The zero Key is none.
type Key struct {
	// A handle and not a string: where fmt cannot ask the Key how to print
	// itself, in another struct's unexported field, it finds an address.
	text unique.Handle[string]
}

// NewKey makes a key from random, which is crypto/rand.Reader outside tests.
// Live keys reach patients' data; the others are for a partner's own tests.
func NewKey(random io.Reader, live bool) (Key, error) {
	var bits [randomBytes]byte
	if _, err := io.ReadFull(random, bits[:]); err != nil {
		return Key{}, fmt.Errorf("drawing an API key: %w", err)
	}
	prefix := testPrefix
	if live {
		prefix = livePrefix
	}
	text := prefix + base62(new(big.Int).SetBytes(bits[:]), bodyLength)
	return Key{unique.Make(text + checksum(text))}, nil
}

// ParseKey reads a key as its holder sends it, and answers ErrAPIKey for what
// nobody could have been given: that needs no look-up.
func ParseKey(text string) (Key, error) {
	if len(text) != keyLength || !looksLikeKey(text) {
		return Key{}, ErrAPIKey
	}
	if strings.Trim(text[prefixLength:], digits) != "" {
		return Key{}, ErrAPIKey
	}
	if split := keyLength - sumLength; checksum(text[:split]) != text[split:] {
		return Key{}, ErrAPIKey
	}
	return Key{unique.Make(text)}, nil
}

// looksLikeKey tells an API key from a JWT, which never starts so.
func looksLikeKey(text string) bool {
	return strings.HasPrefix(text, livePrefix) || strings.HasPrefix(text, testPrefix)
}

// Reveal returns the secret: to be shown once, to whom it was made for.
func (k Key) Reveal() string {
	if k == (Key{}) {
		return ""
	}
	return k.text.Value()
}

// PublicID is the part that finds the key's record. It proves nothing.
func (k Key) PublicID() string {
	if k == (Key{}) {
		return ""
	}
	return k.Reveal()[prefixLength : prefixLength+idLength]
}

// LastFour helps people tell their keys apart.
func (k Key) LastFour() string {
	text := k.Reveal()
	return text[max(0, len(text)-4):]
}

// Live reports whether it is a key for real data.
func (k Key) Live() bool { return strings.HasPrefix(k.Reveal(), livePrefix) }

// Hash is what is kept of the key. A plain SHA-256 is enough for a random
// secret of this length; slow hashes are for what people can remember.
func (k Key) Hash() [sha256.Size]byte { return sha256.Sum256([]byte(k.Reveal())) }

// Matches reports, in constant time, whether hash was made from k. The zero Key
// matches nothing.
func (k Key) Matches(hash [sha256.Size]byte) bool {
	own := k.Hash()
	return k != (Key{}) && subtle.ConstantTimeCompare(own[:], hash[:]) == 1
}

// String returns the redacted form, such as "vox_live_1dJqXz70Ab...w3Kf".
func (k Key) String() string {
	if k == (Key{}) {
		return "no key"
	}
	return k.Reveal()[:prefixLength+idLength] + "..." + k.LastFour()
}

// Format implements fmt.Formatter, so that no verb prints the secret.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue implements slog.LogValuer.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText implements encoding.TextMarshaler, for JSON.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func checksum(text string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(text)))), sumLength)
}

// digits are those of base62, in the order of their values.
const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// base62 writes n padded with zeros to width.
func base62(n *big.Int, width int) string {
	text := n.Text(len(digits))
	return strings.Repeat("0", width-len(text)) + text
}
