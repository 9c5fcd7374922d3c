package workshop

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review/suite"
)

func testCommand(c Config) *cobra.Command {
	var run string
	var threshold float64
	var asJSON, junit, verbose bool
	cmd := &cobra.Command{
		Use:   "test [folder]",
		Short: "Run the tests beside policies, and say what they do not reach",
		Long: `Runs every test of the policies as they are compiled for service; a test that ends
in an error fails, and so does one that is skipped. A test that does not hold says
at which condition, with the values that it had. Then it says which lines no test
reaches and why, which policies have no tests, and which reasons of decisions no
test is answered.

Ends with 0 when all pass and reach enough, 1 when not, 2 when they do not compile.`,
		Example: `  cascade policy test policy/rego
  cascade policy test --run partner policy/rego     those with "partner" in their name
  cascade policy test --junit policy/rego > policies.xml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := regexp.Compile(run); err != nil {
				return fmt.Errorf("--run: %w", err)
			}
			if threshold < 0 || threshold > 100 {
				return fmt.Errorf("--threshold: %v is no percentage", threshold)
			}
			files, root, err := policies(args)
			if err != nil {
				return err
			}
			report, err := suite.Run(cmd.Context(), files, suite.Config{Filter: run})
			if err != nil {
				return unreadable(files, root, err)
			}
			report = report.Below(root)
			gaps := report.Gaps(threshold)
			switch {
			case asJSON:
				err = report.WriteJSON(c.Out)
			case junit:
				err = report.WriteJUnit(c.Out, gaps)
			default:
				err = report.WriteText(c.Out, gaps, verbose)
			}
			if err != nil {
				return err
			}
			return found(len(gaps), "gap")
		},
	}
	cmd.Flags().StringVar(&run, "run", "", "run only the tests whose full name matches this regular expression")
	cmd.Flags().Float64Var(&threshold, "threshold", 100, "how many per cent of the lines the tests must reach")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list tests that pass, too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object: tests, files, reasons")
	cmd.Flags().BoolVar(&junit, "junit", false, "print JUnit XML, which build servers read")
	cmd.MarkFlagsMutuallyExclusive("json", "junit")
	return cmd
}
