package workshop

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/bundle"
)

func keygenCommand(c Config) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "Make a key to sign policies with",
		Long: `Makes an ES256 key and writes two files: policy-<id>.key, which signs and which
nobody else may read, and policy-<id>.pub, which every node trusts. The id is the
beginning of the key's RFC 7638 thumbprint. No file is overwritten.

Where policies matter, keep the signing key in a KMS instead.

Ends with 0 when both are written, 2 when they could not be.`,
		Example: `  cascade policy keygen --out keys`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			id, name, err := makeKey(rand.Reader, out)
			if err != nil {
				return fmt.Errorf("making a signing key: %w", err)
			}
			_, err = fmt.Fprintf(c.Out, "key      %s\nsigns    %s.key\nverifies %s.pub\n", id, name, name)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", ".", "the folder for the two files")
	return cmd
}

// makeKey returns the key's id and the path of its two files, without .key and
// .pub.
func makeKey(random io.Reader, dir string) (id, name string, err error) {
	key, err := bundle.GenerateKey(random)
	if err != nil {
		return "", "", err
	}
	if id, err = bundle.KeyID(key.Public()); err != nil {
		return "", "", err
	}
	private, err := bundle.EncodePrivateKey(key)
	if err != nil {
		return "", "", err
	}
	public, err := bundle.EncodePublicKey(key.Public())
	if err != nil {
		return "", "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", err
	}
	name = filepath.Join(dir, "policy-"+id[:8])
	if err := create(name+".key", private, 0o600); err != nil {
		return "", "", err
	}
	return id, name, create(name+".pub", public, 0o644)
}

// create writes a file that is not there yet.
func create(name string, text []byte, mode os.FileMode) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // whoever runs it names the file
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
