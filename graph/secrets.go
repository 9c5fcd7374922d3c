package graph

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/graph/fault"
)

// Sealer seals what is kept and never shown, bound to its place: aad is
// secret.Place.Bytes. Whoever seals need not be able to open.
type Sealer interface {
	Seal(plain, aad []byte) ([]byte, error)
}

// SealOpener also opens, at the same place, what it sealed.
type SealOpener interface {
	Sealer
	Open(sealed, aad []byte) ([]byte, error)
}

// seal seals a secret for its place. Without a sealer nothing is kept.
func (r *Resolver) seal(plain string, at secret.Place) ([]byte, error) {
	return sealAt(r.Secrets, []byte(plain), at)
}

// sealAt seals, or says that this server has nothing to seal with: that is for
// its operator to mend, and nobody else's fault.
func sealAt(s Sealer, plain []byte, at secret.Place) ([]byte, error) {
	err := secret.ErrNoKey
	var sealed []byte
	if s != nil {
		sealed, err = s.Seal(plain, at.Bytes())
	}
	switch {
	case errors.Is(err, secret.ErrNoKey):
		return nil, &fault.Error{Code: fault.Unavailable, Message: "This server has no keyset, so it keeps no secrets. Nothing was done.", Cause: err}
	case err != nil:
		return nil, fmt.Errorf("sealing %s: %w", at.Column, err)
	}
	return sealed, nil
}

// The strength of what a provider is given, in bytes.
const (
	webhookKeyBytes    = 20 // the address: nobody finds it
	webhookSecretBytes = 32 // the proof
)

// drawText draws n random bytes and writes them in base 62, always in the same
// number of characters: letters and digits need no escaping anywhere.
func drawText(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("drawing a secret: %w", err)
	}
	largest := new(big.Int).Lsh(big.NewInt(1), uint(8*n))
	width := len(largest.Sub(largest, big.NewInt(1)).Text(62))
	digits := new(big.Int).SetBytes(b).Text(62)
	return strings.Repeat("0", width-len(digits)) + digits, nil
}
