package bundle

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"strings"
	"testing"
)

// Keys read as OpenSSL, KMS exports and keygen write them, and are named alike.
func TestKeysReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	key := newKey(t, 1)
	pkcs8, err := EncodePrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sec1 := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}})
	for name, text := range map[string][]byte{
		"PKCS #8": pkcs8, "SEC 1": sec1, "SEC 1 after its parameters": append(parameters, sec1...),
	} {
		if got, err := ParsePrivateKey(text); err != nil || !got.Equal(key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	one, err := EncodePublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	two, err := EncodePublicKey(newKey(t, 2).Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, texts := range map[string][][]byte{
		"two files": {one, two}, "two keys in a file": {append(bytes.Clone(one), two...)},
	} {
		keys, err := ParseKeys(texts...)
		if err != nil {
			t.Fatal(err)
		}
		id, err := KeyID(key.Public())
		if err != nil || len(keys) != 2 || !keys[id].Equal(key.Public()) {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
}

// The id of the key of RFC 7515, A.3, computed with another implementation of
// RFC 7638.
func TestKeyIDIsTheThumbprint(t *testing.T) {
	t.Parallel()
	const x, y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	point := []byte{4}
	for _, half := range []string{x, y} {
		raw, err := base64.RawURLEncoding.DecodeString(half)
		if err != nil {
			t.Fatal(err)
		}
		point = append(point, raw...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	const want = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
	if got, err := KeyID(key); err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	t.Parallel()
	wide, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards, edwardsPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	private := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return encode("PRIVATE KEY", der, err)
	}
	public := func(key any) []byte {
		der, err := x509.MarshalPKIXPublicKey(key)
		return encode("PUBLIC KEY", der, err)
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "no PEM": []byte("secret"), "P-384": private(wide), "Ed25519": private(edwardsPrivate),
		"a public key": public(newKey(t, 1).Public()), "a broken one": encode("PRIVATE KEY", []byte("secret"), nil),
	} {
		if _, err := ParsePrivateKey(text); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "secret") {
			t.Errorf("private, %s: %v", name, err)
		}
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "no PEM": []byte("secret"), "P-384": public(wide.Public()), "Ed25519": public(edwards),
		"a private key": private(newKey(t, 1)), "a broken one": encode("PUBLIC KEY", []byte("secret"), nil),
	} {
		if _, err := ParseKeys(text); !errors.Is(err, ErrKey) {
			t.Errorf("public, %s: %v", name, err)
		}
	}
	for name, signer := range map[string]crypto.Signer{"P-384": wide, "Ed25519": edwardsPrivate} {
		if _, err := Sign(small(), stated(), signer); !errors.Is(err, ErrKey) {
			t.Errorf("signing with %s: %v", name, err)
		}
	}
}

// Every key comes from the randomness that was handed in, and none from less.
func TestGenerateKeyUsesItsRandomness(t *testing.T) {
	t.Parallel()
	if !newKey(t, 1).Equal(newKey(t, 1)) || newKey(t, 1).Equal(newKey(t, 2)) {
		t.Error("the randomness does not make the key")
	}
	if _, err := GenerateKey(strings.NewReader("too short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("from too little: %v", err)
	}
	// Above the order of the curve, then a good one.
	good := bytes.Repeat([]byte{7}, 32)
	key, err := GenerateKey(bytes.NewReader(append(bytes.Repeat([]byte{255}, 32), good...)))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := key.Bytes(); err != nil || !bytes.Equal(raw, good) {
		t.Error("a number that is no key was made one")
	}
}

// A key in a KMS never leaves it: all that is asked of it is to sign a hash. One
// that gives back nonsense gives no bundle.
func TestAKeyMayLieElsewhere(t *testing.T) {
	t.Parallel()
	key := newKey(t, 1)
	data, err := Sign(small(), stated(), kms{key, func(sum []byte) ([]byte, error) { return ecdsa.SignASN1(rand.Reader, key, sum) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(data, Verification{Keys: trust(t, key), Now: noon}); err != nil {
		t.Error(err)
	}
	away := errors.New("the KMS is away")
	for name, test := range map[string]struct {
		sign func([]byte) ([]byte, error)
		want error
	}{
		"away":     {func([]byte) ([]byte, error) { return nil, away }, away},
		"nonsense": {func([]byte) ([]byte, error) { return []byte("nonsense"), nil }, ErrKey},
		"larger than P-256": {func([]byte) ([]byte, error) {
			return append([]byte{0x30, 38, 2, 33}, append(bytes.Repeat([]byte{1}, 33), 2, 1, 1)...), nil
		}, ErrKey},
		"another key": {func(sum []byte) ([]byte, error) { return ecdsa.SignASN1(rand.Reader, newKey(t, 2), sum) }, BadSignature},
	} {
		if data, err := Sign(small(), stated(), kms{key, test.sign}); !errors.Is(err, test.want) || data != nil {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}

// kms is a key that lies elsewhere.
type kms struct {
	key  *ecdsa.PrivateKey
	sign func([]byte) ([]byte, error)
}

func (k kms) Public() crypto.PublicKey { return k.key.Public() }

func (k kms) Sign(_ io.Reader, sum []byte, _ crypto.SignerOpts) ([]byte, error) { return k.sign(sum) }
