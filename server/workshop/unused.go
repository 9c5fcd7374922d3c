package workshop

import (
	"context"
	"fmt"
	"io/fs"
	"iter"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review"
	"github.com/voxanne/cascade/policy/review/unused"
)

func unusedCommand(c Config) *cobra.Command {
	var which recorded
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "unused [policies]",
		Short: "List what was given and never used, and propose the roles without it",
		Long: `Reads recorded decisions and lists what nobody used: actions and row types of grants,
scopes of keys, rights of roles in each clinic and in all. For the roles it writes the
table without the rights that nobody used in any clinic, makes the same decisions
again with it, and proposes it only when none comes out otherwise.

To read the database is itself a decision: the running policy is asked, and the
answer is on record before the first row is read. Files are read as they are.

Ends with 0 when everything was used, 1 when something was not, 2 when it could not
run.`,
		Example: `  cascade policy unused --since 90d
  cascade policy unused --since 90d --data .cascade --out roles.rego
  cascade policy unused --from decisions.jsonl.gz --json | jq -r '.grants[] | select(.whole) | .id'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, path, err := policies(args)
			if err != nil {
				return err
			}
			running, err := generation(cmd.Context(), path)
			if err != nil {
				return err
			}
			var open []func()
			defer func() {
				for _, closing := range open {
					closing()
				}
			}()
			var name func(uuid.UUID) string
			report, err := unused.Find(cmd.Context(), unused.Config{
				Running: running, Files: files,
				Compile: func(ctx context.Context, files fs.FS) (*opa.Generation, error) {
					return opa.Compile(ctx, files, opa.Config{Budget: patience})
				},
				Records: func(ctx context.Context) (iter.Seq2[review.Recorded, error], error) {
					from, err := which.open(ctx, c, running, "policy-unused")
					if err != nil {
						return nil, err
					}
					open, name = append(open, from.close), from.name
					return from.records, nil
				},
				Name: func(id uuid.UUID) string {
					if name == nil {
						return id.String()
					}
					return name(id)
				},
			})
			if err != nil {
				return err
			}
			if out != "" && report.Proposal != nil {
				if err := keep(out, []byte(report.Proposal.Text)); err != nil {
					return fmt.Errorf("writing the proposal: %w", err)
				}
			}
			if err := printed(c.Out, report, asJSON); err != nil {
				return err
			}
			return found(len(report.Grants)+len(report.Keys)+len(report.Roles)+len(report.Clinics), "finding")
		},
	}
	which.flags(cmd)
	cmd.Flag("since").Usage = "from when on: 90d, 12h, 2026-11-01 or an RFC 3339 time (default 90d; with --from everything)"
	cmd.PreRun = func(*cobra.Command, []string) {
		if which.since == "" && which.from == "" {
			which.since = "90d"
		}
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write the proposed roles.rego to")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the whole report as one JSON object")
	return cmd
}
