package workshop

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review/lattice"
	"github.com/voxanne/cascade/policy/review/mutant"
)

func mutateCommand(c Config) *cobra.Command {
	var file string
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "mutate [candidate]",
		Short: "Remove each condition, one at a time, and see who notices",
		Long: `Makes one small change of the policies at a time, and asks three witnesses: the
tests beside the policies, decisions that were recorded, and those with one field
changed. What nobody notices is a guard that nobody tests, or one that nobody
needs: it is listed with its place and its words.

Without --recorded, ordinary questions of the lattice stand in for recorded ones;
those who notice by them alone are not proof that anybody ever asked.

The tests have to pass first: see policy test. Ends with 0 when all is noticed, 1
when something survives, 2 when it could not run.`,
		Example: `  cascade policy mutate policy/rego
  cascade policy mutate --all policy/rego           literals, bounds, rules and lists too
  cascade policy mutate --recorded inputs.json policy/rego`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, _, err := policies(args)
			if err != nil {
				return err
			}
			questions := lattice.StandIns()
			if file != "" {
				if questions, err = inputs(file, cmd.InOrStdin()); err != nil {
					return err
				}
			}
			report, err := mutant.Run(cmd.Context(), files, mutant.Options{
				All: all, Recorded: questions, Clock: c.Now, Progress: telling(c, "mutate"),
			})
			if err != nil {
				return err
			}
			if err := printed(c.Out, report, asJSON); err != nil {
				return err
			}
			if report.Mutants == 0 {
				return errors.New("there is nothing to change in these policies")
			}
			return found(len(report.Survivors), "survivor")
		},
	}
	cmd.Flags().StringVar(&file, "recorded", "", "a file of recorded inputs, one JSON document after the other; - for standard input")
	cmd.Flags().BoolVar(&all, "all", false, "make every sort of change, not only those without a condition")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: mutants, noticed, by, first, survivors, results")
	return cmd
}
