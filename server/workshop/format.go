package workshop

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review/format"
)

func formatCommand(c Config) *cobra.Command {
	var write, diff bool
	cmd := &cobra.Command{
		Use:   "fmt [folder]",
		Short: "Write policies the way OPA's formatter does",
		Long: `Lists the files that would read otherwise, tests too. With --diff it shows what
would change, as patch reads it; with --write it changes them.

Ends with 0 when nothing is left to change, 1 when something is, 2 when a file
cannot be read or does not parse.`,
		Example: `  cascade policy fmt --diff policy/rego
  cascade policy fmt --write policy/rego`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if write && len(args) == 0 {
				return errors.New("--write needs a folder: the policies in the program cannot be changed")
			}
			files, root, err := policies(args)
			if err != nil {
				return err
			}
			changes, err := format.Changes(files)
			if err != nil {
				return unreadable(files, root, err)
			}
			for _, change := range changes {
				name := filepath.Join(root, filepath.FromSlash(change.Name))
				text := name + "\n"
				if diff {
					text = change.Diff(root)
				}
				if _, err := fmt.Fprint(c.Out, text); err != nil {
					return fmt.Errorf("printing what changes: %w", err)
				}
				if write {
					if err := rewrite(name, change.After); err != nil {
						return err
					}
				}
			}
			if write {
				return nil
			}
			return found(len(changes), "file that is not formatted")
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "change the files")
	cmd.Flags().BoolVarP(&diff, "diff", "d", false, "show what changes")
	return cmd
}

// rewrite puts text in the place of a file at once: whoever reads it meanwhile,
// or pulls the plug, has the old file or the new one.
func rewrite(name string, text []byte) (err error) {
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("formatting: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".policy-fmt-")
	if err != nil {
		return fmt.Errorf("formatting %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("formatting %s: %w", name, errors.Join(err, os.Remove(temporary.Name())))
		}
	}()
	_, err = temporary.Write(text)
	err = errors.Join(err, temporary.Chmod(info.Mode().Perm()), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
