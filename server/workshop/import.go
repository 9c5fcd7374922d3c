package workshop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/bundle"
	"github.com/voxanne/cascade/policy/rego"
)

func importCommand(c Config) *cobra.Command {
	var out string
	var show bool
	cmd := &cobra.Command{
		Use:   "import <bundle>",
		Short: "Unpack a bundle of any origin into a folder, to be edited and reviewed",
		Long: `Unpacks the policies of an OPA bundle, signed or not, with their tests, into a new
folder. Nothing is proven about them, and nothing is activated: that takes review
and a signature. A bundle with data or compiled policies is refused, for its rules
would be others without them. An existing folder must be empty.

With --show it only prints what the bundle says about itself.

Ends with 0 when it is unpacked, 2 when it could not be.`,
		Example: `  opa build --bundle theirs/ --output theirs.tar.gz
  cascade policy import theirs.tar.gz --out candidate
  cascade policy import policy.tar.gz --show`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := load(args[0])
			if err != nil {
				return err
			}
			if show {
				claims, err := bundle.Inspect(data)
				if err != nil {
					return fmt.Errorf("reading %s: %w", args[0], err)
				}
				return showClaims(c.Out, claims)
			}
			files, err := bundle.Import(data, 0)
			if err != nil {
				return fmt.Errorf("importing %s: %w", args[0], err)
			}
			if err := unpack(files, out); err != nil {
				return fmt.Errorf("importing into %s: %w", out, err)
			}
			_, err = fmt.Fprintf(c.Out, "%s holds policies about which nothing is proven; review them\n", out)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the folder to make")
	cmd.Flags().BoolVar(&show, "show", false, "print what it says about itself, and write nothing")
	cmd.MarkFlagsOneRequired("out", "show")
	cmd.MarkFlagsMutuallyExclusive("out", "show")
	return cmd
}

// unpack makes the whole folder beside its place and moves it there, which fails
// when something is there already. A folder without an input schema gets this
// program's: that is what policies are asked with here.
func unpack(files fs.FS, dir string) (err error) {
	dir = filepath.Clean(dir)
	draft, err := os.MkdirTemp(filepath.Dir(dir), ".policy-import-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft)) }()
	if err := os.CopyFS(draft, files); err != nil {
		return err
	}
	if _, missing := fs.Stat(files, "schema/input.json"); errors.Is(missing, fs.ErrNotExist) {
		schema, err := fs.Sub(rego.Files, "schema")
		if err != nil {
			return err
		}
		if err := os.CopyFS(filepath.Join(draft, "schema"), schema); err != nil {
			return err
		}
	}
	if err := os.Chmod(draft, 0o755); err != nil { //nolint:gosec // policies are no secret
		return err
	}
	return os.Rename(draft, dir)
}
