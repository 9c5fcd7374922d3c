package workshop

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review/explain"
)

func explainCommand(c Config) *cobra.Command {
	var candidate, tenant string
	var asJSON bool
	var at remote
	cmd := &cobra.Command{
		Use:   "explain <input.json | - | decision id>",
		Short: "Say why a question is allowed or denied, and what would change it",
		Long: `Decides a recorded input once more, and says why: the reason in a sentence, what gave
the access, the rules that held, and on a denial the smallest changes that would
allow it, each of which was tried.

The id of a decision, as a refusal names it, asks a server with --data or --url to
explain it from its record; the token decides how much of it you hear.

With --for it says what that organization may hear of it, which is its own facts
alone.

Ends with 0 whether it is allowed or denied, and with 2 when it cannot be told.`,
		Example: `  cascade policy explain input.json
  cascade policy explain 01a20b8f-ce23-74c7-b5c3-ececf66faf3c --data ~/.local/state/cascade
  cascade policy explain --for 018f0000-0000-7000-8000-00000000000a input.json
  cascade policy explain --candidate policy/rego - < input.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if id, ok := decisionID(args[0]); ok {
				server, err := at.open(c)
				if err != nil {
					return err
				}
				x, err := server.explain(cmd.Context(), id)
				if err != nil {
					return err
				}
				return printed(c.Out, x, asJSON)
			}
			to := explain.Security()
			if cmd.Flags().Changed("for") {
				org, err := uuid.Parse(tenant)
				if err != nil {
					return fmt.Errorf("--for: %w", err)
				}
				to = explain.Tenant(org)
			}
			questions, err := inputs(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			if len(questions) == 0 {
				return errors.New("there is no input to explain")
			}
			g, err := generation(cmd.Context(), candidate)
			if err != nil {
				return err
			}
			for _, q := range questions {
				x, err := explain.Explain(cmd.Context(), g, q, explain.Options{For: to})
				if err != nil {
					return err
				}
				if err := printed(c.Out, x, asJSON); err != nil {
					return err
				}
			}
			return nil
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&candidate, "candidate", "", "the policies that decide (default: those in this program)")
	cmd.Flags().StringVar(&tenant, "for", "", "the id of the organization that hears it (default the security team, which hears all)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object: revision, allowed, reason, says, given, changes, left, rules")
	return cmd
}
