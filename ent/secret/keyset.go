// Package secret seals what must be kept and never shown: the credentials of
// integrations, the secrets of webhooks, answers that hold a secret.
//
// A sealed value is bound to its place (Place): moved to another clinic, row or
// column it does not open. Sealing is Tink's AEAD under a keyset, so that keys
// are rotated by adding one: new values are sealed under the new key, old ones
// open as long as theirs is in the keyset.
package secret

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// The refusals. None says what was sealed, or under which key.
var (
	// ErrNoKey means that there is no keyset: nothing is sealed or opened.
	ErrNoKey = errors.New("secret: no keyset")
	// ErrUnbound means that no place was given: a value that could be moved is
	// not sealed.
	ErrUnbound = errors.New("secret: a sealed value needs a place")
	// ErrOpen means that a value was not sealed for this place by a key of the
	// keyset.
	ErrOpen = errors.New("secret: does not open here")
	// ErrKeyset means that a file holds no usable keyset.
	ErrKeyset = errors.New("secret: not a JSON keyset of AEAD keys with Tink's prefix")
)

// Keyset seals under its primary key and opens under any of its keys. It may be
// shared by goroutines. The zero value refuses.
type Keyset struct {
	aead    tink.AEAD
	primary uint32
}

// newKeyset checks the keys that a file may bring: AEAD, and with the prefix
// that tells which key sealed a value.
func newKeyset(h *keyset.Handle) (*Keyset, error) {
	info := h.KeysetInfo()
	for _, k := range info.GetKeyInfo() {
		if k.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK {
			return nil, ErrKeyset
		}
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, ErrKeyset // Tink's text may quote the key
	}
	return &Keyset{aead: a, primary: info.GetPrimaryKeyId()}, nil
}

// Seal encrypts plain and binds it to aad, which is Place.Bytes. Sealing the
// same twice gives different values.
func (k *Keyset) Seal(plain, aad []byte) ([]byte, error) {
	switch {
	case k == nil || k.aead == nil:
		return nil, ErrNoKey
	case len(aad) == 0:
		return nil, ErrUnbound
	}
	sealed, err := k.aead.Encrypt(plain, aad)
	if err != nil {
		return nil, fmt.Errorf("sealing under key %d: %w", k.primary, err)
	}
	return sealed, nil
}

// Open returns what was sealed with the same aad, or ErrOpen.
func (k *Keyset) Open(sealed, aad []byte) ([]byte, error) {
	switch {
	case k == nil || k.aead == nil:
		return nil, ErrNoKey
	case len(aad) == 0:
		return nil, ErrUnbound
	}
	plain, err := k.aead.Decrypt(sealed, aad)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// KeyID names the key that seals now; it is not secret. Zero without a keyset.
func (k *Keyset) KeyID() uint32 {
	if k == nil {
		return 0
	}
	return k.primary
}

// tinkPrefix begins every value sealed with Tink's output prefix; the key's id
// follows, big-endian.
const tinkPrefix = 0x01

// KeyIDOf names the key that a value was sealed under, without opening it: what
// is not under Keyset.KeyID still needs its old key. It trusts the value's own
// word, so it is for reports and no proof.
func KeyIDOf(sealed []byte) (uint32, error) {
	if len(sealed) < 5 || sealed[0] != tinkPrefix {
		return 0, ErrOpen
	}
	return binary.BigEndian.Uint32(sealed[1:5]), nil
}

// String names the key and hides it.
func (k *Keyset) String() string {
	if k.KeyID() == 0 {
		return "no keyset"
	}
	return fmt.Sprintf("keyset with primary key %d", k.KeyID())
}

// Format implements fmt.Formatter: no verb shows more than String.
func (k *Keyset) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }
