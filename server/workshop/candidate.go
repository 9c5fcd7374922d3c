package workshop

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// shipped is a policy on its way, as the server tells it.
type shipped struct {
	ID         string          `json:"id"`
	Revision   string          `json:"revision"`
	Sequence   int64           `json:"sequence"`
	State      string          `json:"state"`
	Percent    int             `json:"percent"`
	Note       string          `json:"note"`
	AuthorID   string          `json:"authorId"`
	Base       string          `json:"base"`
	Widens     bool            `json:"widens"`
	Report     json.RawMessage `json:"report"`
	ReviewedAt *time.Time      `json:"reviewedAt"`
	ExpiresAt  *time.Time      `json:"expiresAt"`
	MovedAt    *time.Time      `json:"movedAt"`
	MovedWhy   string          `json:"movedWhy"`
	CreatedAt  time.Time       `json:"createdAt"`
	Approvals  []approval      `json:"approvals"`
	Shadows    []shadow        `json:"shadows"`
}

type approval struct {
	ApproverID string `json:"approverId"`
	Verdict    string `json:"verdict"`
	Note       string `json:"note"`
}

type shadow struct {
	Node      string        `json:"node"`
	Compared  int64         `json:"compared"`
	Differing int64         `json:"differing"`
	Dropped   int64         `json:"dropped"`
	Groups    []shadowGroup `json:"groups"`
}

// shadowGroup is how answers differed, as rollout.Group writes it.
type shadowGroup struct {
	Kind     string `json:"kind"`
	Action   string `json:"action"`
	Resource string `json:"resource"`
	Before   string `json:"before"`
	After    string `json:"after"`
	Count    int64  `json:"count"`
	Example  string `json:"example"`
}

// briefly is what a list shows of a policy; wholly is what one of them has beside.
const (
	briefly = ` id revision sequence state percent note widens movedWhy createdAt shadows { node compared differing dropped groups } `
	wholly  = briefly + ` authorId base report reviewedAt expiresAt movedAt approvals { approverId verdict note } `
)

// state is a state as people write it.
func (p shipped) state() string {
	word := strings.ToLower(p.State)
	if p.State == "CANARY" {
		word += fmt.Sprintf(", %d %% of the clinics", p.Percent)
	}
	return word
}

// list is every policy that the server keeps, the latest first.
func (c *client) list(ctx context.Context) ([]shipped, error) {
	var all []shipped
	after := new(string)
	for {
		var out struct {
			PolicyRevisions struct {
				Nodes    []shipped
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		variables := map[string]any{}
		if *after != "" {
			variables["after"] = *after
		}
		err := c.ask(ctx, `query($after: String) { policyRevisions(first: 50, after: $after) { nodes {`+briefly+`} pageInfo { hasNextPage endCursor } } }`, variables, &out)
		if err != nil {
			return nil, err
		}
		all = append(all, out.PolicyRevisions.Nodes...)
		if !out.PolicyRevisions.PageInfo.HasNextPage {
			return all, nil
		}
		*after = out.PolicyRevisions.PageInfo.EndCursor
	}
}

// find is the id of the one policy that name means: its id, its revision, or the
// beginning of either.
func (c *client) find(ctx context.Context, name string) (string, error) {
	all, err := c.list(ctx)
	if err != nil {
		return "", err
	}
	var meant []shipped
	for _, one := range all {
		if one.ID == name || one.Revision == name {
			return one.ID, nil
		}
		if name != "" && (strings.HasPrefix(one.ID, name) || strings.HasPrefix(one.Revision, name)) {
			meant = append(meant, one)
		}
	}
	switch len(meant) {
	case 0:
		return "", Found{fmt.Sprintf("no policy's id or revision begins with %q; policy status lists them", name)}
	case 1:
		return meant[0].ID, nil
	}
	revisions := make([]string, len(meant))
	for i, one := range meant {
		revisions[i] = one.Revision
	}
	return "", Found{fmt.Sprintf("%q could be %s", name, strings.Join(revisions, " or "))}
}

// read is all that is known of one policy but its files.
func (c *client) read(ctx context.Context, id string) (shipped, error) {
	var out struct{ Node *shipped }
	err := c.ask(ctx, `query($id: ID!) { node(id: $id) { ...on PolicyRevision {`+wholly+`} } }`, map[string]any{"id": id}, &out)
	switch {
	case err != nil:
		return shipped{}, err
	case out.Node == nil:
		return shipped{}, Found{"that policy is gone"}
	}
	return *out.Node, nil
}

// about makes a command that asks a server about the one policy its argument names.
func about(c Config, cmd *cobra.Command, run func(ctx context.Context, server *client, id string) error) *cobra.Command {
	var at remote
	at.flags(cmd)
	cmd.Use += " <id | revision>"
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		server, err := at.open(c)
		if err != nil {
			return err
		}
		id, err := server.find(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return run(cmd.Context(), server, id)
	}
	return cmd
}
