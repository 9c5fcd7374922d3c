package workshop

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func showCommand(c Config) *cobra.Command {
	var asJSON bool
	cmd := about(c, &cobra.Command{
		Use:   "show",
		Short: "Say all that is known of one policy: state, report, approvals, shadows",
		Long: `Prints one policy with what its review found, who approved it, and what it would
have said as a shadow.`,
		Example: `  cascade policy show 3f2a --data ~/.local/state/cascade
  cascade policy show 3f2a --json --url https://api.example.com | jq .report.widen.widened`,
	}, func(ctx context.Context, server *client, id string) error {
		p, err := server.read(ctx, id)
		if err != nil {
			return err
		}
		if asJSON {
			lines := json.NewEncoder(c.Out)
			lines.SetEscapeHTML(false)
			lines.SetIndent("", "  ")
			return lines.Encode(p)
		}
		return p.write(c.Out)
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object, with the whole report")
	return cmd
}

// write prints a policy for people.
func (p shipped) write(out io.Writer) error {
	lines := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, fact := range [][2]string{
		{"revision", p.Revision},
		{"id", p.ID},
		{"state", p.state()},
		{"why", oneLine(p.MovedWhy)},
		{"note", oneLine(p.Note)},
		{"author", p.AuthorID},
		{"proposed", day(&p.CreatedAt)},
		{"sequence", fmt.Sprint(p.Sequence)},
		{"expires", day(p.ExpiresAt)},
		{"reviewed", day(p.ReviewedAt)},
		{"against", p.Base},
	} {
		_, _ = fmt.Fprintf(lines, "%s\t%s\n", fact[0], cmp.Or(fact[1], "-"))
	}
	for _, a := range p.Approvals {
		_, _ = fmt.Fprintf(lines, "%s by\t%s\t%s\n", a.verdict(), a.ApproverID, oneLine(a.Note))
	}
	if err := lines.Flush(); err != nil { // keeps the first error of the writes
		return err
	}
	if err := compared(out, p); err != nil {
		return err
	}
	var r struct {
		Reviewed
		Failed string `json:"failed"`
	}
	if err := json.Unmarshal(p.Report, &r); err != nil {
		return fmt.Errorf("reading the report: %w", err)
	}
	if r.Failed != "" {
		_, err := fmt.Fprintf(out, "\nthe review broke off: %s\n", r.Failed)
		return err
	}
	if r.Candidate == "" {
		return nil // nobody has reviewed it
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return r.WriteText(out)
}

func (a approval) verdict() string {
	if a.Verdict == "REJECTED" {
		return "rejected"
	}
	return "approved"
}

// day is a time for people; empty for none.
func day(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04:05Z")
}
