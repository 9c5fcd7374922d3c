package secret

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// maxFile bounds what is read, in bytes; a key takes about 300.
const maxFile = 64 << 10

// ErrReadable means that others than the owner may use the file.
var ErrReadable = errors.New("others may read or write it; chmod 600")

// Load reads a keyset from a file: Tink's JSON, not encrypted, so the file must
// be its owner's alone (0600 or less). No error holds any of its text.
func Load(path string) (*Keyset, error) {
	text, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("loading the keyset %s: %w", path, err)
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, fmt.Errorf("loading the keyset %s: %w", path, ErrKeyset) // the cause may quote the key
	}
	k, err := newKeyset(h)
	if err != nil {
		return nil, fmt.Errorf("loading the keyset %s: %w", path, err)
	}
	return k, nil
}

func read(path string) (_ []byte, err error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, ErrReadable
	}
	return io.ReadAll(io.LimitReader(f, maxFile))
}

// Create makes a keyset with one new key, keeps it in a new file of mode 0600
// and returns it. An existing file is left as it is: fs.ErrExist. A crash leaves
// the whole file or none.
//
// The key is XAES-256-GCM: its nonces are long enough to be random for ever.
func Create(path string) (*Keyset, error) {
	h, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("writing a keyset: %w", err)
	}
	if err := write(path, text.Bytes()); err != nil {
		return nil, fmt.Errorf("keeping the keyset %s: %w", path, err)
	}
	return newKeyset(h)
}

// write makes the file under another name and then links it to its own, which
// fails when there is one.
func write(path string, text []byte) (err error) {
	draft, err := os.CreateTemp(filepath.Dir(path), ".keyset-*") // 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(draft.Name())) }()
	_, err = draft.Write(text)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Link(draft.Name(), path)
}
