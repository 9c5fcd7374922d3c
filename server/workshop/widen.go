package workshop

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review/lattice"
)

func widenCommand(c Config) *cobra.Command {
	var running string
	var kinds, resources []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "widen [candidate]",
		Short: "List every kind of question that a candidate answers more widely",
		Long: `Enumerates the lattice of questions in full: every kind of subject, role, proof and
fact, in every relation to what it asks for, with every action and row type. Each
is decided by the running policies and by the candidate in the folder.

widened   the candidate gives what the running policies do not: access, one more
          organization, every organization, a field that was hidden, or an
          obligation less
outside   the candidate claims what no policy may give; the envelope refuses it
failed    the candidate has no answer
narrowed  the candidate no longer gives it, which is no finding

Each line stands for so many questions; the one under it is the most ordinary of
them, with the document that policies see.

Ends with 0 when nothing is found, 1 when something is, 2 when it could not run.`,
		Example: `  cascade policy widen policy/rego
  cascade policy widen --running live/ candidate/
  cascade policy widen --json policy/rego | jq -c '.widened[0].example.input' | cascade policy explain --candidate policy/rego -`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			before, after, err := generations(cmd.Context(), running, args)
			if err != nil {
				return err
			}
			whole := lattice.Full()
			if whole.Kinds, err = among(whole.Kinds, kinds, "kind"); err != nil {
				return err
			}
			if whole.Resources, err = among(whole.Resources, resources, "row type"); err != nil {
				return err
			}
			report, err := whole.Widen(cmd.Context(), before, after, lattice.Options{
				Clock: c.Now, Progress: telling(c, "widen"),
			})
			if err != nil {
				return err
			}
			if err := printed(c.Out, report, asJSON); err != nil {
				return err
			}
			return found(len(report.Widened)+len(report.Outside)+len(report.Failed), "finding")
		},
	}
	cmd.Flags().StringVar(&running, "running", "", "the policies that run (default: those in this program)")
	cmd.Flags().StringSliceVar(&kinds, "kind", nil, "ask only for subjects of these kinds, as in member,partner (default all)")
	cmd.Flags().StringSliceVar(&resources, "resource", nil, "ask only about these row types, as in call,recording (default all)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: running, candidate, cells, took, widened, outside, failed, narrowed")
	return cmd
}

// among are those of all that names say; all for no names.
func among[T ~string](all []T, names []string, what string) ([]T, error) {
	if len(names) == 0 {
		return all, nil
	}
	some := make([]T, len(names))
	for i, name := range names {
		if some[i] = T(name); name == "" || !slices.Contains(all, some[i]) {
			return nil, fmt.Errorf("there is no %s %q", what, name)
		}
	}
	return some, nil
}
