package workshop

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review"
)

// generations compiles the two policy sets that are compared: what runs, and the
// candidate that the argument names.
func generations(ctx context.Context, runningPath string, args []string) (running, candidate *opa.Generation, err error) {
	if running, err = generation(ctx, runningPath); err != nil {
		return nil, nil, fmt.Errorf("the running policies: %w", err)
	}
	path := ""
	if len(args) == 1 {
		path = args[0]
	}
	if candidate, err = generation(ctx, path); err != nil {
		return nil, nil, fmt.Errorf("the candidate: %w", err)
	}
	return running, candidate, nil
}

// patience bounds one evaluation: longer than a server's, because nobody waits for
// the answer, and a machine that does other work must not look like a policy that
// fails.
const patience = 4 * opa.DefaultBudget

func generation(ctx context.Context, path string) (*opa.Generation, error) {
	files, err := review.Open(path)
	if err != nil {
		return nil, err
	}
	return opa.Compile(ctx, files, opa.Config{Budget: patience})
}

func replayCommand(c Config) *cobra.Command {
	var which recorded
	var runningPath string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "replay [candidate]",
		Short: "Make recorded decisions again with a candidate, and say who gains and who loses",
		Long: `Makes every recorded decision again, with the policies that run and with the
candidate: the same question, the same clock. What comes out differently is grouped
by who it is about, in which clinic, and what becomes of it: newly allowed first,
then what is no longer hidden, then what is newly denied.

A record of the running revision that it contradicts is reported apart: the record
was tampered with, or the policy is not deterministic. Records that no policy was
asked about, and inputs of another version, are counted apart.

To read the database is itself a decision: the running policy is asked, and the
answer is on record before the first row is read. Files are read as they are.

Ends with 0 when nothing differs, 1 when something does, 2 when it could not run.`,
		Example: `  cascade policy replay policy/rego --since 30d
  cascade policy replay policy/rego --data .cascade
  cascade policy replay policy/rego --from decisions.jsonl.gz --json | jq '.groups[] | select(.change == "newly_allowed")'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			running, candidate, err := generations(cmd.Context(), runningPath, args)
			if err != nil {
				return err
			}
			from, err := which.open(cmd.Context(), c, running, "policy-replay")
			if err != nil {
				return err
			}
			defer from.close()
			watch := newProgress(c.Err, c.Now, from.passed)
			report, err := review.Replay(cmd.Context(), review.ReplayConfig{
				Running: running, Candidate: candidate, Records: from.records, Name: from.name, Progress: watch.done,
			})
			watch.clear()
			if err != nil {
				return err
			}
			if err := printed(c.Out, report, asJSON); err != nil {
				return err
			}
			return found(int(report.Differing+report.Mismatches.Count+report.Unreadable.Count), "difference")
		},
	}
	which.flags(cmd)
	cmd.Flags().StringVar(&runningPath, "running", "", "the policies that run (default: those in this program)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the whole report as one JSON object")
	return cmd
}

// printed prints a report, for people or for programs.
func printed(to io.Writer, report interface{ WriteText(io.Writer) error }, asJSON bool) error {
	if !asJSON {
		return report.WriteText(to)
	}
	lines := json.NewEncoder(to)
	lines.SetEscapeHTML(false)
	lines.SetIndent("", "  ")
	return lines.Encode(report)
}
