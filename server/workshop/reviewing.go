package workshop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// How often a review is asked after, and how long before it must have been given
// up: a server that stops gives up its review.
const (
	reviewPoll    = 300 * time.Millisecond
	longestReview = 16 * time.Minute
)

func reviewCommand(c Config) *cobra.Command {
	var wait bool
	cmd := about(c, &cobra.Command{
		Use:   "review",
		Short: "Have a server compare a draft with what it runs, and read the report",
		Long: `Has a server run the tests and the checks, enumerate what widens, replay a month of
decisions, take each condition away, and measure the cost; waits for it, and prints
what it found. The policy is reviewed then, or still a draft.

Ends with 0 when it passed and nobody may more than before, with 1 when it did not
pass or widens access, and with 2 when it could not be asked.`,
		Example: `  cascade policy review 3f2a --data ~/.local/state/cascade`,
	}, func(ctx context.Context, server *client, id string) error {
		before, err := server.read(ctx, id)
		if err != nil {
			return err
		}
		var begun struct {
			ReviewPolicy struct{ PolicyRevision struct{ Revision string } }
		}
		if err := server.ask(ctx, `mutation($id: ID!) { reviewPolicy(id: $id) { policyRevision { revision } } }`, map[string]any{"id": id}, &begun); err != nil {
			return err
		}
		if !wait {
			_, err := fmt.Fprintf(c.Out, "the review has begun\nnext: policy show %s\n", before.Revision)
			return err
		}
		after, err := server.reviewed(ctx, c, before)
		if err != nil {
			return err
		}
		return verdict(c, after)
	})
	cmd.Flags().BoolVar(&wait, "wait", true, "wait for the report and print it; --wait=false only begins")
	return cmd
}

// reviewed waits until there is a report that was not there before, and tells
// meanwhile how long it has taken.
func (c *client) reviewed(ctx context.Context, config Config, before shipped) (shipped, error) {
	began := config.Now()
	terminal, told := isTerminal(config.Err), began
	tick := time.NewTicker(reviewPoll)
	defer tick.Stop()
	for {
		p, err := c.read(ctx, before.ID)
		now := config.Now()
		switch {
		case err != nil:
			return shipped{}, err
		case p.ReviewedAt != nil && (before.ReviewedAt == nil || !p.ReviewedAt.Equal(*before.ReviewedAt)):
			if terminal {
				_, _ = fmt.Fprint(config.Err, "\r\x1b[K")
			}
			return p, nil
		case now.Sub(began) > longestReview:
			return shipped{}, errors.New("the server has given the review up: begin it again")
		case terminal:
			_, _ = fmt.Fprintf(config.Err, "\rreviewing: tests, lint, what widens, replay, mutants, cost; %.0f s so far\x1b[K", now.Sub(began).Seconds())
		case now.Sub(told) > inLog:
			told = now
			_, _ = fmt.Fprintf(config.Err, "reviewing, %.0f s so far\n", now.Sub(began).Seconds())
		}
		select {
		case <-ctx.Done():
			return shipped{}, ctx.Err()
		case <-tick.C:
		}
	}
}

// verdict prints a report and what to type next, and is Found when a person has to
// look at it.
func verdict(c Config, p shipped) error {
	var r struct {
		Reviewed
		Failed string `json:"failed"` // of a review that broke off
	}
	if err := json.Unmarshal(p.Report, &r); err != nil {
		return fmt.Errorf("reading the report: %w", err)
	}
	if r.Failed != "" {
		return Found{"the review broke off: " + r.Failed}
	}
	if err := r.WriteText(c.Out); err != nil {
		return err
	}
	next := "\nnext: policy shadow " + p.Revision
	switch {
	case !r.Passed:
		next = "\nnext: mend it, and policy propose it again"
	case r.Widens:
		next = "\nnext: policy approve " + p.Revision + " --note ..., as somebody who did not propose it"
	}
	if _, err := fmt.Fprintln(c.Out, next); err != nil {
		return err
	}
	switch {
	case !r.Passed:
		return Found{"the review did not pass"}
	case r.Widens:
		return Found{"it widens access: it needs a second person"}
	default:
		return nil
	}
}
