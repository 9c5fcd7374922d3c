package rollout

import (
	"context"
	"fmt"
	"time"

	"github.com/voxanne/cascade/policy/opa"
)

// DefaultSlow is a p99 of evaluations that no sane policy comes near: a thousand
// times what the shipped one takes.
const DefaultSlow = 25 * time.Millisecond

// enough is how many evaluations a p99 is worth looking at.
const enough = 200

// faultOf says why a policy has to be taken back, "" while it does well: answers
// that were none, one in a thousand or more, or a p99 beyond slow that what ran
// before it does not have on the same machine.
func faultOf(g, before *opa.Generation, slow time.Duration) string {
	h := g.Health()
	if h.Failed > 0 && h.Failed*1000 >= h.Evaluations {
		return fmt.Sprintf("%d of %d answers were none", h.Failed, h.Evaluations)
	}
	if h.Evaluations < enough || h.P99 <= slow {
		return ""
	}
	if before != nil && h.P99 <= 2*before.Health().P99 {
		return "" // the machine is slow, and not the policy
	}
	return fmt.Sprintf("the slowest of 100 evaluations take %s", h.P99.Round(time.Millisecond))
}

// takeBack withdraws a canary and rolls back an active policy that do badly here.
// One node is enough: what fails on one fails on all. A policy that the program
// was started with stays: there is nothing behind it.
func (n *Node) takeBack(ctx context.Context) {
	d := n.Engine.Deployed()
	ctx, cancel := context.WithTimeout(ctx, Poll)
	defer cancel()
	if n.placed.canary != nil && d.Canary != nil {
		if why := faultOf(d.Canary, d.Active, n.Slow); why != "" {
			err := n.Ledger.move(ctx, n.db, *n.placed.canary, "reviewed", 0, nil, "withdrawn by node "+n.Name+": "+why)
			n.Log.ErrorContext(ctx, "a canary was withdrawn", "revision", d.Canary.Revision(), "why", why, "error", err)
			n.refresh(ctx)
			return
		}
	}
	if n.placed.active && n.made(d.Active) {
		if why := faultOf(d.Active, n.placed.before, n.Slow); why != "" {
			err := n.Ledger.rollback(ctx, n.db, nil, "rolled back by node "+n.Name+": "+why)
			n.Log.ErrorContext(ctx, "the active policy was rolled back", "revision", d.Active.Revision(), "why", why, "error", err)
			n.refresh(ctx)
		}
	}
}
