package workshop

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// step asks for one step of a policy's way and says where it is now and, unless
// it is empty, what to type next, about that REVISION.
func step(c Config, call, next string, variables func() map[string]any) func(context.Context, *client, string) error {
	return func(ctx context.Context, server *client, id string) error {
		given := variables()
		given["id"] = id
		var out struct {
			Step struct{ PolicyRevision shipped }
		}
		if err := server.ask(ctx, call, given, &out); err != nil {
			return err
		}
		p := out.Step.PolicyRevision
		if _, err := fmt.Fprintf(c.Out, "%s is %s\n", p.Revision, p.state()); err != nil || next == "" {
			return err
		}
		_, err := fmt.Fprintln(c.Out, "next: policy "+strings.ReplaceAll(next, "REVISION", p.Revision))
		return err
	}
}

func none() map[string]any { return map[string]any{} }

// moved is what each step answers with.
const moved = ` { policyRevision {` + briefly + `} } }`

func approveCommand(c Config) *cobra.Command {
	var note string
	cmd := about(c, &cobra.Command{
		Use:   "approve",
		Short: "Let what widens access go on, as somebody who did not write it",
		Long: `Keeps your leave for a reviewed policy. Whoever proposed it cannot give it, and a
review made anew asks for it anew. Read the report first: policy show.`,
		Example: `  cascade policy approve 3f2a --note "as agreed in T-71" --data ~/.local/state/cascade --as security.second@cascade.test`,
	}, step(c, `mutation($id: ID!, $note: String!) { step: approvePolicy(id: $id, note: $note)`+moved, "shadow REVISION",
		func() map[string]any { return map[string]any{"note": note} }))
	cmd.Flags().StringVar(&note, "note", "", "why")
	return cmd
}

func rejectCommand(c Config) *cobra.Command {
	var note string
	cmd := about(c, &cobra.Command{
		Use:   "reject",
		Short: "Retire a candidate, as somebody who did not write it",
		Long: `Ends a reviewed policy's way, with your reason. Its author may change it and propose
it again.`,
		Example: `  cascade policy reject 3f2a --note "the queue holds telephone numbers" --url https://api.example.com`,
	}, step(c, `mutation($id: ID!, $note: String!) { step: rejectPolicy(id: $id, note: $note)`+moved, "",
		func() map[string]any { return map[string]any{"note": note} }))
	cmd.Flags().StringVar(&note, "note", "", "why")
	required(cmd, "note")
	return cmd
}

func shadowCommand(c Config) *cobra.Command {
	return about(c, &cobra.Command{
		Use:   "shadow",
		Short: "Ask a candidate beside what runs, without letting it decide",
		Long: `Every server asks the candidate what it asks the active policy, after the answer has
gone, and counts where they differ: policy status. Nobody is told anything else.`,
		Example: `  cascade policy shadow 3f2a --data ~/.local/state/cascade`,
	}, step(c, `mutation($id: ID!) { step: shadowPolicy(id: $id)`+moved, "status, and then policy canary REVISION --percent 10", none))
}

func canaryCommand(c Config) *cobra.Command {
	var percent int
	cmd := about(c, &cobra.Command{
		Use:   "canary",
		Short: "Let a candidate decide for some in a hundred clinics",
		Long: `The clinics are drawn by a hash of their id, so that a clinic stays where it is and
a larger percentage includes every smaller one. Asked again, it changes the number.`,
		Example: `  cascade policy canary 3f2a --percent 10 --data ~/.local/state/cascade`,
	}, step(c, `mutation($id: ID!, $percent: Int!) { step: canaryPolicy(id: $id, percent: $percent)`+moved, "activate REVISION",
		func() map[string]any { return map[string]any{"percent": percent} }))
	cmd.Flags().IntVar(&percent, "percent", 0, "how many in a hundred clinics, 1 to 100")
	required(cmd, "percent")
	return cmd
}

func activateCommand(c Config) *cobra.Command {
	return about(c, &cobra.Command{
		Use:   "activate",
		Short: "Let a candidate decide everywhere, within a second",
		Long: `Every server decides by it from its next request on, and no request meets two
policies. What decided before is kept, for policy rollback.`,
		Example: `  cascade policy activate 3f2a --data ~/.local/state/cascade`,
	}, step(c, `mutation($id: ID!) { step: activatePolicy(id: $id)`+moved, "status, and if it was wrong, policy rollback --why ...", none))
}

func withdrawCommand(c Config) *cobra.Command {
	var why string
	cmd := about(c, &cobra.Command{
		Use:   "withdraw",
		Short: "Take a shadow or a canary back to where it was reviewed",
		Long: `It decides for nobody any more, and may be tried again while what it was reviewed
against still runs.`,
		Example: `  cascade policy withdraw 3f2a --why "the front desk lost the queue" --data ~/.local/state/cascade`,
	}, step(c, `mutation($id: ID!, $why: String!) { step: withdrawPolicy(id: $id, why: $why)`+moved, "",
		func() map[string]any { return map[string]any{"why": why} }))
	cmd.Flags().StringVar(&why, "why", "", "what was wrong")
	required(cmd, "why")
	return cmd
}

func rollbackCommand(c Config) *cobra.Command {
	var at remote
	var why string
	cmd := &cobra.Command{
		Use:   "rollback",
		Short: "Put back what decided before, everywhere, within a second",
		Long: `Signs the policy that was active before anew and makes it active; where there was
none, what the servers were built with decides again. Nothing is built or started.`,
		Example: `  cascade policy rollback --why "viewers saw too much" --data ~/.local/state/cascade`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := at.open(c)
			if err != nil {
				return err
			}
			var out struct {
				RollbackPolicy struct{ RunningPolicy struct{ Active string } }
			}
			if err := server.ask(cmd.Context(), `mutation($why: String!) { rollbackPolicy(why: $why) { runningPolicy { active } } }`, map[string]any{"why": why}, &out); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.Out, "rolled back; every server follows within a second\nnext: policy status")
			return err
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&why, "why", "", "what was wrong")
	required(cmd, "why")
	return cmd
}
