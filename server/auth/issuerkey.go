package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CreateIssuer makes a new ES256 key and keeps it at path, readable by its owner
// alone. A key that is there already is never replaced: the error is
// fs.ErrExist. The directory must exist.
func CreateIssuer(path string) (*Issuer, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the dev issuer key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encoding the dev issuer key: %w", err)
	}
	if err := writeOnce(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return nil, fmt.Errorf("keeping the dev issuer key: %w", err)
	}
	return newIssuer(private)
}

// writeOnce puts data at path whole or not at all, and never over another file:
// it writes beside it and links.
func writeOnce(path string, data []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(path), ".issuer-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }() // what counts is the link
	_, err = draft.Write(data)
	if err == nil {
		err = draft.Sync()
	}
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Link(draft.Name(), path)
}

// LoadIssuer reads the key that CreateIssuer kept. Without one the error is
// fs.ErrNotExist and says what to do; a key that others can read is refused.
func LoadIssuer(path string) (*Issuer, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no dev issuer key at %s: run `cascade dev --data %s` first: %w",
			path, filepath.Dir(path), fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("finding the dev issuer key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the dev issuer key at %s can be read by others: run `chmod 600 %s`", path, path)
	}
	data, err := fs.ReadFile(os.DirFS(filepath.Dir(path)), filepath.Base(path))
	if err != nil {
		return nil, fmt.Errorf("reading the dev issuer key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("the dev issuer key at %s is not a PEM private key", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the dev issuer key at %s: %w", path, err)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, fmt.Errorf("the dev issuer key at %s is not a P-256 key", path)
	}
	return newIssuer(private)
}
