package bundle

import (
	"crypto"
	"fmt"
	"io/fs"
	"time"
)

// Sign packs the policies in files, with their tests and the schema of their
// input, and signs them with what s states. Other files are left out.
//
// The signer is a key on P-256, from a file (ParsePrivateKey) or in a KMS: every
// KMS client has a crypto.Signer, and the private key never comes here. With a
// key from a file the same policies and statement give the same bytes.
//
// Sign returns nothing that Open would refuse.
func Sign(files fs.FS, s Statement, signer crypto.Signer) ([]byte, error) {
	t, err := collect(files)
	if err != nil {
		return nil, err
	}
	if _, ok := t[schemaFile]; !ok {
		return nil, fmt.Errorf("signing policies: %w", refuse(OtherInput, "there is no %s", schemaFile))
	}
	s.InputSchema = hash(t[schemaFile])
	s.NotBefore, s.Expires = s.NotBefore.Truncate(time.Second), s.Expires.Truncate(time.Second)
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("signing policies: %w", err)
	}
	revision, err := t.revision()
	if err != nil {
		return nil, err
	}
	if t[manifestFile], err = newManifest(revision, &s).text(); err != nil {
		return nil, fmt.Errorf("signing policies: %w", err)
	}
	if t[signaturesFile], err = sign(t, signer); err != nil {
		return nil, fmt.Errorf("signing policies: %w", err)
	}
	data, err := pack(t)
	if err != nil {
		return nil, err
	}
	keys := Keys{}
	if err := keys.Trust(signer.Public()); err != nil {
		return nil, err
	}
	if _, err := Open(data, Verification{Keys: keys, Now: s.NotBefore}); err != nil {
		return nil, fmt.Errorf("signing policies: %w", err)
	}
	return data, nil
}

// InputSchema is the hash of the input schema of files, as a Statement has it.
func InputSchema(files fs.FS) (string, error) {
	text, err := fs.ReadFile(files, schemaFile)
	if err != nil {
		return "", fmt.Errorf("reading the input schema: %w", err)
	}
	return hash(text), nil
}

// Digest is the SHA-256, in hex, of everything that travels with policies: their
// text, their tests and the schema of their input. It is what an approval is
// bound to. A revision is short, for people to tell policies apart, and whoever
// writes two policies at leisure can give both the same.
func Digest(files fs.FS) (string, error) {
	t, err := collect(files)
	if err != nil {
		return "", err
	}
	return t.digest(), nil
}
