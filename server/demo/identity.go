package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Issuer and Audience are the names in the tokens of the development issuer.
// They name, and are not fetched: the key comes from the server itself, which
// may listen anywhere.
const (
	Issuer   = "https://issuer.cascade.test"
	Audience = "authenticated"
)

// SubjectOf is the user id that the development issuer gives to an e-mail
// address: a name-based UUID (version 5, RFC 9562), so that it needs no list.
func SubjectOf(email string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("mailto:"+strings.ToLower(email))).String()
}

// opened is when the clinics of the demo joined.
var opened = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// fixedID is the id of what is always there, the same on every machine.
func fixedID(name string) uuid.UUID {
	sum := sha256.Sum256([]byte("cascade demo " + name))
	return stamped(opened, [16]byte(sum[:16]))
}

// randomID is the id of a row made at t.
func randomID(r *rand.Rand, t time.Time) uuid.UUID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	return stamped(t, b)
}

// stamped makes a UUIDv7 (RFC 9562, section 5.7) of t in milliseconds and b.
func stamped(t time.Time, b [16]byte) uuid.UUID {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(t.UnixMilli()))
	copy(b[:6], ms[2:])
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return b
}
