// Package nodeid writes and reads the ids that the outside sees: the row
// type's prefix, an underscore and the UUID in Crockford's base 32, as the
// TypeID specification 0.3 has it ("call_01h455vb4pex5vsknk084sn02q").
//
// The prefix says which type a node is without asking the database; it says
// nothing of the org, and proves nothing.
package nodeid

import (
	"errors"
	"strings"

	"github.com/google/uuid"
)

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// encodedLen is 128 bits in digits of 5, with two leading zero bits.
const encodedLen = 26

// ErrMalformed means that a text is not an id that Encode could have written.
var ErrMalformed = errors.New("malformed id")

// Encode writes the id of a row of the type with this prefix.
func Encode(prefix string, id uuid.UUID) string {
	out := make([]byte, len(prefix)+1+encodedLen)
	copy(out, prefix)
	out[len(prefix)] = '_'
	digits := out[len(prefix)+1:]
	// The value is 130 bits with two zeros in front; walk it from its end.
	var acc uint32
	bits, at := 0, encodedLen-1
	for i := len(id) - 1; i >= 0; i-- {
		acc |= uint32(id[i]) << bits
		for bits += 8; bits >= 5; bits -= 5 {
			digits[at] = alphabet[acc&31]
			acc >>= 5
			at--
		}
	}
	digits[at] = alphabet[acc&31]
	return string(out)
}

// Decode reads an id. It accepts exactly what Encode writes: any other
// spelling is ErrMalformed, so that one row has one id.
func Decode(s string) (prefix string, id uuid.UUID, err error) {
	cut := strings.LastIndexByte(s, '_')
	if cut <= 0 || len(s)-cut-1 != encodedLen || s[cut+1] > '7' {
		return "", uuid.Nil, ErrMalformed
	}
	var acc uint32
	bits, at := 0, len(id)-1
	for i := len(s) - 1; i > cut; i-- {
		v := strings.IndexByte(alphabet, s[i])
		if v < 0 {
			return "", uuid.Nil, ErrMalformed
		}
		acc |= uint32(v) << bits //nolint:gosec // an index of 0 to 31
		for bits += 5; bits >= 8 && at >= 0; bits -= 8 {
			id[at] = byte(acc)
			acc >>= 8
			at--
		}
	}
	return s[:cut], id, nil
}
