package workshop

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
)

// explained is a recorded decision as the server explains it (GraphQL's
// DecisionExplanation), for as much of it as the asker may know.
type explained struct {
	DecisionID  string   `json:"decisionId"`
	Asked       bool     `json:"asked"`
	Allowed     bool     `json:"allowed"`
	AllowedNow  *bool    `json:"allowedNow"`
	Revision    string   `json:"revision"`
	ExplainedBy *string  `json:"explainedBy"`
	Reason      *string  `json:"reason"`
	Sentence    string   `json:"sentence"`
	Given       []string `json:"given"`
	Changes     []string `json:"changes"`
	Left        []string `json:"left"`
	Rules       []struct {
		Rule    string  `json:"rule"`
		Title   string  `json:"title"`
		File    string  `json:"file"`
		Line    int     `json:"line"`
		Held    bool    `json:"held"`
		Stopped *string `json:"stopped"`
	} `json:"rules"`
}

// decisionID is the id of a decision as the API takes it: name is that, or the
// UUID that errors and records name. It is not ok where name is neither.
func decisionID(name string) (id string, ok bool) {
	if strings.HasPrefix(name, "audit_decision_") {
		return name, true
	}
	if parsed, err := uuid.Parse(name); err == nil {
		return nodeid.Encode("audit_decision", parsed), true
	}
	return "", false
}

// explain asks why a recorded decision came out as it did.
func (c *client) explain(ctx context.Context, id string) (explained, error) {
	var out struct{ ExplainDecision *explained }
	err := c.ask(ctx, `query($id: ID!) { explainDecision(id: $id) {
		decisionId asked allowed allowedNow revision explainedBy reason sentence given changes left
		rules { rule title file line held stopped }
	} }`, map[string]any{"id": id}, &out)
	switch {
	case err != nil:
		return explained{}, err
	case out.ExplainDecision == nil:
		return explained{}, Found{"there is no such decision that you may see"}
	}
	return *out.ExplainDecision, nil
}

// WriteText writes an explanation for people, as that of a document is written.
func (x explained) WriteText(to io.Writer) error {
	var b bytes.Buffer
	word := map[bool]string{true: "allowed", false: "denied"}
	b.WriteString(word[x.Allowed])
	if x.Reason != nil {
		fmt.Fprintf(&b, " (%s)", *x.Reason)
	}
	fmt.Fprintf(&b, ": %s\n", x.Sentence)
	for _, given := range x.Given {
		fmt.Fprintf(&b, "  by %s\n", strings.TrimPrefix(given, "by "))
	}
	fmt.Fprintf(&b, "decided by %s", x.Revision)
	if x.ExplainedBy != nil && *x.ExplainedBy != x.Revision {
		fmt.Fprintf(&b, ", explained by %s", *x.ExplainedBy)
		if x.AllowedNow != nil && *x.AllowedNow != x.Allowed {
			fmt.Fprintf(&b, ", by which it is %s now", word[*x.AllowedNow])
		}
	}
	b.WriteByte('\n')
	if len(x.Changes) > 0 {
		b.WriteString("it would be allowed\n")
	}
	for _, line := range append(x.Changes, x.Left...) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	for _, r := range x.Rules {
		if r.Held {
			fmt.Fprintf(&b, "%s:%d: %s holds  %s\n", r.File, r.Line, r.Rule, r.Title)
		} else if r.Stopped != nil {
			fmt.Fprintf(&b, "  %s:%d: %s stops at %s\n", r.File, r.Line, r.Rule, *r.Stopped)
		}
	}
	_, err := to.Write(b.Bytes())
	return err
}
