package ratelimit

import (
	"errors"
	"fmt"
	"time"
)

// ErrPlan means that a plan is unknown or its numbers make no sense.
var ErrPlan = errors.New("ratelimit: no such plan")

// Plan is what an org may ask for. It comes from the org's row with each
// request and is never kept here, so that a change works at once. The zero
// Plan refuses everything, and so does one with a field below one.
type Plan struct {
	Requests int // per minute
	Burst    int // requests at once, at most Requests
	Cost     int // cost points per hour, all of them at once if need be
}

// Overrides are an org's own numbers in place of its plan's. Nil keeps the
// plan's number; zero refuses.
type Overrides struct {
	Requests *int `json:"requests,omitempty"`
	Burst    *int `json:"burst,omitempty"`
	Cost     *int `json:"cost,omitempty"`
}

// plans are the named plans. A clinic is on starter, growth or scale; partner
// and platform are what their organizations' kinds are on.
var plans = map[string]Plan{
	"starter":  {Requests: 300, Burst: 100, Cost: 20_000},
	"growth":   {Requests: 600, Burst: 200, Cost: 50_000},
	"scale":    {Requests: 3_000, Burst: 600, Cost: 250_000},
	"partner":  {Requests: 6_000, Burst: 1_200, Cost: 500_000},
	"platform": {Requests: 1_200, Burst: 300, Cost: 200_000},
}

// PlanFor returns the named plan with the org's own numbers laid over it. A
// burst that an override of Requests leaves too large is lowered to it.
//
// An unknown name or a negative number is ErrPlan, and the Plan that comes
// with it refuses.
func PlanFor(name string, o Overrides) (Plan, error) {
	p, ok := plans[name]
	if !ok {
		return Plan{}, fmt.Errorf("%w: %q", ErrPlan, name)
	}
	for _, field := range []struct {
		name string
		to   *int
		from *int
	}{
		{"requests", &p.Requests, o.Requests},
		{"burst", &p.Burst, o.Burst},
		{"cost", &p.Cost, o.Cost},
	} {
		if field.from == nil {
			continue
		}
		if *field.from < 0 {
			return Plan{}, fmt.Errorf("%w: %s of %q is negative", ErrPlan, field.name, name)
		}
		*field.to = *field.from
	}
	p.Burst = min(p.Burst, p.Requests)
	return p, nil
}

// charge is what one request asks of one window.
type charge struct {
	name  string
	limit Limit
	cost  int
}

// charges are a request's: one of the plan's requests, and its cost.
func (p Plan) charges(cost int) []charge {
	return []charge{
		{WindowOrg, Limit{Rate: p.Requests, Burst: min(p.Burst, p.Requests), Period: time.Minute}, 1},
		{WindowCost, Limit{Rate: p.Cost, Burst: p.Cost, Period: time.Hour}, cost},
	}
}

// share is the charge against one node's share of the limit. What costs more
// than a share but not more than the limit takes the whole share, so that a
// request which Redis would let pass can still pass.
func (c charge) share(nodes int) charge {
	limit := c.limit.share(nodes)
	if c.cost <= c.limit.Burst {
		c.cost = min(c.cost, limit.Burst)
	}
	c.limit = limit
	return c
}
