package dev

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy/bundle"
)

// openSealKey reads the key that seals scopes, or makes one whose id says that
// it is no key for production.
func openSealKey(path string) (rls.Key, error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: in the user's own directory.
	if err == nil {
		key, err := rls.ParseKey(text)
		if err != nil {
			return rls.Key{}, fmt.Errorf("reading %s: %w", path, err)
		}
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return rls.Key{}, fmt.Errorf("reading the seal key: %w", err)
	}
	var name [6]byte
	_, _ = rand.Read(name[:]) // never fails
	key, err := rls.NewKey(rls.DevPrefix+hex.EncodeToString(name[:]), rand.Reader)
	if err != nil {
		return rls.Key{}, err
	}
	return key, writeFile(path, key.File())
}

// openPolicyKey makes the key that signs policies, unless it is there.
func openPolicyKey(path string) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := bundle.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	text, err := bundle.EncodePrivateKey(key)
	if err != nil {
		return fmt.Errorf("making the key that signs policies: %w", err)
	}
	return writeFile(path, text)
}

// writeFile puts data at path whole or not at all, readable by its owner alone.
func writeFile(path string, data []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = draft.Write(data)
	if err = errors.Join(err, draft.Close()); err == nil {
		err = os.Rename(draft.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(draft.Name())))
	}
	return nil
}
