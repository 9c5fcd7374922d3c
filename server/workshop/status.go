package workshop

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func statusCommand(c Config) *cobra.Command {
	var at remote
	var all bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what decides on a server, and which policies are on their way",
		Long: `Asks a server which revision decides, which one tries to as a canary and which one
is asked beside it as a shadow, and lists the policies that are on their way, the
latest first. Retired ones are listed with --all.`,
		Example: `  cascade policy status --data ~/.local/state/cascade
  CASCADE_TOKEN=... cascade policy status --url https://api.example.com`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := at.open(c)
			if err != nil {
				return err
			}
			var out struct {
				RunningPolicy struct {
					Active  string
					Canary  *string
					Percent int
					Shadow  *string
				}
			}
			if err := server.ask(cmd.Context(), `{ runningPolicy { active canary percent shadow } }`, nil, &out); err != nil {
				return err
			}
			policies, err := server.list(cmd.Context())
			if err != nil {
				return err
			}
			lines := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
			now := out.RunningPolicy
			_, _ = fmt.Fprintf(lines, "active\t%s\n", now.Active)
			if now.Canary != nil && *now.Canary != "" {
				_, _ = fmt.Fprintf(lines, "canary\t%s\tfor %d %% of the clinics\n", *now.Canary, now.Percent)
			}
			if now.Shadow != nil && *now.Shadow != "" {
				_, _ = fmt.Fprintf(lines, "shadow\t%s\n", *now.Shadow)
			}
			if err := lines.Flush(); err != nil {
				return err
			}
			return listed(c.Out, policies, all)
		},
	}
	at.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "list retired policies, too")
	return cmd
}

// listed prints a line for each policy, and what shadows found under it.
func listed(out io.Writer, policies []shipped, all bool) error {
	var shown []shipped
	for _, p := range policies {
		if all || p.State != "RETIRED" {
			shown = append(shown, p)
		}
	}
	if len(shown) == 0 {
		_, err := fmt.Fprintln(out, "\nno policy is on its way")
		return err
	}
	lines := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(lines, "\nREVISION\tSTATE\tWIDENS\tNOTE")
	for _, p := range shown {
		widens := "-"
		if p.Widens {
			widens = "yes"
		}
		_, _ = fmt.Fprintf(lines, "%s\t%s\t%s\t%s\n", p.Revision, p.state(), widens, cmp.Or(oneLine(p.Note), "-"))
	}
	if err := lines.Flush(); err != nil { // keeps the first error of the writes
		return err
	}
	for _, p := range shown {
		if err := compared(out, p); err != nil {
			return err
		}
	}
	return nil
}

// compared prints what shadows of one policy found, on all servers together.
func compared(out io.Writer, p shipped) error {
	if len(p.Shadows) == 0 {
		return nil
	}
	var sum shadow
	var groups []shadowGroup
	for _, s := range p.Shadows {
		sum.Compared, sum.Differing, sum.Dropped = sum.Compared+s.Compared, sum.Differing+s.Differing, sum.Dropped+s.Dropped
		groups = append(groups, s.Groups...)
	}
	_, err := fmt.Fprintf(out, "\n%s as a shadow on %s: %s asked again, %d differ, %d came too fast to be asked\n",
		p.Revision, many(len(p.Shadows), "server"), many(int(sum.Compared), "question"), sum.Differing, sum.Dropped)
	for _, g := range merged(groups) {
		if err == nil {
			_, err = fmt.Fprintf(out, "  %s: %s of %s: %s -> %s (%s, for example %s)\n", g.Kind, g.Action, g.Resource, g.Before, g.After, many(int(g.Count), "time"), g.Example)
		}
	}
	return err
}
