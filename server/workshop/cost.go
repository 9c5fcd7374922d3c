package workshop

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review"
)

func costCommand(c Config) *cobra.Command {
	var which recorded
	var runningPath string
	var asJSON bool
	sample := review.DefaultSample
	cmd := &cobra.Command{
		Use:   "cost [candidate]",
		Short: "Measure what a candidate's decisions cost, beside the running policies'",
		Long: `Draws a sample of the recorded inputs and has each decided by both, in turn, some
times over: what else the machine does hits both alike, and the fastest time of each
counts. Prints p50 and p99, and what a decision allocates.

Ends with 0 when the candidate's p99 is at most twice the running policies', 1 when
it is over that budget, 2 when it could not run.`,
		Example: `  cascade policy cost policy/rego --since 7d
  cascade policy cost policy/rego --from decisions.jsonl.gz --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if sample < 1 {
				return fmt.Errorf("--sample %d: nothing to measure", sample)
			}
			running, candidate, err := generations(cmd.Context(), runningPath, args)
			if err != nil {
				return err
			}
			from, err := which.open(cmd.Context(), c, running, "policy-cost")
			if err != nil {
				return err
			}
			defer from.close()
			report, err := review.Cost(cmd.Context(), review.CostConfig{
				Running: running, Candidate: candidate, Records: from.records, Clock: c.Now, Sample: sample,
			})
			if err != nil {
				return err
			}
			if err := printed(c.Out, report, asJSON); err != nil {
				return err
			}
			if report.OverBudget {
				return Found{"the candidate is over budget"}
			}
			return nil
		},
	}
	which.flags(cmd)
	cmd.Flags().StringVar(&runningPath, "running", "", "the policies that run (default: those in this program)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as one JSON object")
	cmd.Flags().IntVar(&sample, "sample", sample, "how many inputs to measure")
	return cmd
}
