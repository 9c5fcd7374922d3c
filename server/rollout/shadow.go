package rollout

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// maxGroups bounds what is told of a shadow: more kinds of difference than that
// are one policy too many.
const maxGroups = 200

// Group is one way in which a shadow's answers differ from what was answered.
type Group struct {
	OrgID    *uuid.UUID      `json:"org_id"` // when the request was about one clinic
	Kind     policy.Kind     `json:"kind"`
	Action   policy.Action   `json:"action"`
	Resource policy.Resource `json:"resource"`
	Before   string          `json:"before"` // "allow" or "deny", and why
	After    string          `json:"after"`
	Count    int64           `json:"count"`
	// Example is the id of the first such decision.
	Example uuid.UUID `json:"example"`
}

type groupKey struct {
	org           uuid.UUID
	kind          policy.Kind
	action        policy.Action
	resource      policy.Resource
	before, after string
}

// shadows counts comparisons of one shadow at a time. The zero value counts none.
type shadows struct {
	mu        sync.Mutex
	revision  string
	compared  int64
	differing int64
	groups    map[groupKey]*Group
	changed   bool
}

// begin starts anew with another shadow; nil is none.
func (s *shadows) begin(g *opa.Generation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name(g) != s.revision {
		s.revision, s.compared, s.differing, s.groups, s.changed = name(g), 0, 0, map[groupKey]*Group{}, g != nil
	}
}

// add counts a comparison; one of a shadow that is gone is not counted.
func (s *shadows) add(c opa.Comparison) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Proposed.Revision() != s.revision {
		return
	}
	s.compared++
	s.changed = true
	if !c.Differs() {
		return
	}
	s.differing++
	q := c.Decided.Request()
	key := groupKey{kind: q.Subject.Kind, action: q.Action, resource: q.Resource, before: answer(c.Decided), after: answer(c.Proposed)}
	if len(q.Orgs) == 1 {
		key.org = q.Orgs[0]
	}
	g := s.groups[key]
	if g == nil {
		if len(s.groups) == maxGroups {
			return // counted, not told apart
		}
		g = &Group{Kind: key.kind, Action: key.action, Resource: key.resource, Before: key.before, After: key.after, Example: c.Decided.ID()}
		if key.org != uuid.Nil {
			g.OrgID = &key.org
		}
		s.groups[key] = g
	}
	g.Count++
}

// answer is a decision in words that can be compared.
func answer(d policy.Decision) string {
	word := "deny "
	if d.Allowed() {
		word = "allow "
	}
	return word + d.Reason()
}

// report keeps what was counted since the last time, for people to see.
func (n *Node) report(ctx context.Context) {
	n.shadows.mu.Lock()
	if !n.shadows.changed || n.placed.shadow == nil {
		n.shadows.mu.Unlock()
		return
	}
	n.shadows.changed = false
	compared, differing := n.shadows.compared, n.shadows.differing
	groups := make([]Group, 0, len(n.shadows.groups))
	for _, g := range n.shadows.groups {
		groups = append(groups, *g)
	}
	n.shadows.mu.Unlock()
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.After, b.After)) })
	text, err := json.Marshal(groups)
	if err != nil {
		n.Log.ErrorContext(ctx, "writing a shadow's report", "error", err)
		return
	}
	id, dropped := *n.placed.shadow, n.Engine.Dropped()
	_, err = n.Pool.Exec(ctx, `select app.policy_observe($1, $2, $3, $4, $5, $6, $7, $8)`, n.NewID(), id, n.Name, compared, differing, int64(dropped), string(text), //nolint:gosec // a count
		n.Key.Prove(message("policy.observe", id, n.Name, compared, differing, dropped, sum(text))))
	if err != nil {
		n.Log.WarnContext(ctx, "keeping a shadow's report", "error", err)
	}
}
