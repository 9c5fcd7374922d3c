package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/directory"
	"github.com/voxanne/cascade/server/ratelimit"
)

// payer is who an operation is charged to, and what they may spend.
type payer struct {
	id   uuid.UUID
	plan ratelimit.Plan
}

type (
	payerKey  struct{} // payer, set by the gate
	headerKey struct{} // http.Header of the answer, where it can still be set
)

// payerOf names who pays: a key's own org, so that a partner never spends a
// clinic's allowance; a member's clinic when the request is about one; and
// otherwise the person, by the largest of their clinics' plans. Platform staff
// pay for themselves, so that no clinic feels that it is being helped.
func payerOf(r graph.Request, facts directory.Facts) payer {
	switch {
	case r.Subject.Kind == policy.Partner:
		return payer{r.Subject.OrgID, planOf(facts[r.Subject.OrgID])}
	case r.Subject.Kind != policy.Member:
		return payer{r.Subject.ID, planOf(directory.OrgFacts{Plan: "platform"})}
	case len(r.Orgs) == 1:
		return payer{r.Orgs[0], planOf(facts[r.Orgs[0]])}
	default:
		own := payer{id: r.Subject.ID, plan: planOf(directory.OrgFacts{Plan: "starter"})}
		for _, f := range facts {
			if plan := planOf(f); plan.Requests > own.plan.Requests {
				own.plan = plan
			}
		}
		return own
	}
}

// bucket names what is spent from: one for each payer and plan. A new plan
// starts with a whole bucket, because what was used up of the old one can stand
// for more than the new one ever lets anyone wait.
func (p payer) bucket() uuid.UUID {
	return uuid.NewSHA1(p.id, fmt.Appendf(nil, "%d/%d/%d", p.plan.Requests, p.plan.Burst, p.plan.Cost))
}

// planOf lays an org's own numbers over its plan. A plan that is not known
// refuses, as the zero Plan does.
func planOf(f directory.OrgFacts) ratelimit.Plan {
	plan, err := ratelimit.PlanFor(f.Plan, ratelimit.Overrides{Requests: f.RequestsPerMinute, Cost: f.CostPerHour})
	if err != nil {
		return ratelimit.Plan{}
	}
	return plan
}

// till charges operations. It is the Spend of the GraphQL door.
type till struct {
	limiter  *ratelimit.Limiter
	cooldown *cooldown
	metrics  *metrics
	now      func() time.Time
}

// spend charges one operation of that cost, tells the client where it stands,
// and refuses what is above the plan.
func (t till) spend(ctx context.Context, _ graph.Request, cost int) (map[string]any, error) {
	p, ok := ctx.Value(payerKey{}).(payer)
	if !ok {
		return nil, errors.New("charging an operation: nobody pays for it")
	}
	result, err := t.limiter.Spend(ctx, ratelimit.Key{OrgID: p.bucket()}, p.plan, cost)
	if err != nil {
		return nil, fmt.Errorf("charging an operation: %w", err)
	}
	if h, ok := ctx.Value(headerKey{}).(http.Header); ok {
		result.SetHeaders(h)
	}
	if result.Allowed {
		t.metrics.cost.Add(float64(cost))
		window := result.Window(ratelimit.WindowCost)
		return map[string]any{
			"requested": cost, "remaining": window.Remaining,
			"resetAt": t.now().Add(window.Reset).UTC().Truncate(time.Second).Format(time.RFC3339),
		}, nil
	}
	t.cooldown.remember(ctx, result)
	exchangeOf(ctx).reason = "org_limit"
	wait := result.RetryAfter()
	if wait == ratelimit.Never {
		return nil, fault.New(fault.RateLimited, "This costs %d points, more than the plan ever allows at once. Ask for less in one request.", cost).
			With("cost", cost)
	}
	return nil, fault.New(fault.RateLimited, "The plan's limit is reached. Go on in %d s.", seconds(wait)).
		With("retryAfter", seconds(wait))
}
