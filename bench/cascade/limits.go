package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync"

	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/directory"
	"github.com/voxanne/cascade/server/ratelimit"
)

// charged is what a request's limits are read from and shown in.
type charged struct {
	facts   directory.Facts
	headers http.Header
}

type chargedKey struct{}

// errRefused means that a limit refused, which the benchmark's never do.
var errRefused = errors.New("a limit refused")

// spend charges each operation to its clinic in Redis, as the server does.
func (a *api) spend(url string, log *slog.Logger) (func(context.Context, graph.Request, int) (map[string]any, error), error) {
	client, err := ratelimit.NewRedis(url)
	if err != nil {
		return nil, err
	}
	a.closes = append(a.closes, client.Close)
	limiter, err := ratelimit.New(ratelimit.Config{Redis: client, Nodes: 1, Log: log})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r graph.Request, cost int) (map[string]any, error) {
		c, ok := ctx.Value(chargedKey{}).(charged)
		if !ok || len(r.Orgs) != 1 {
			return nil, errRefused
		}
		facts := c.facts[r.Orgs[0]]
		plan, err := ratelimit.PlanFor(facts.Plan, ratelimit.Overrides{Requests: facts.RequestsPerMinute, Cost: facts.CostPerHour})
		if err != nil {
			return nil, err
		}
		result, err := limiter.Spend(ctx, ratelimit.Key{OrgID: r.Orgs[0]}, plan, cost)
		if err != nil {
			return nil, err
		}
		result.SetHeaders(c.headers)
		if !result.Allowed || result.Degraded {
			return nil, errRefused
		}
		return map[string]any{"requested": cost, "remaining": result.Window(ratelimit.WindowCost).Remaining}, nil
	}, nil
}

// remembering asks the directory once for each user and never again: what a
// cache of memberships would save, and a removed member would keep.
type remembering struct {
	auth.Directory
	users sync.Map
}

type remembered struct {
	subject policy.Subject
	facts   directory.Facts
}

func (d *remembering) User(ctx context.Context, issuer, subject string) (policy.Subject, error) {
	known, ok := d.users.Load(subject)
	if !ok {
		asked, facts := directory.WithFacts(ctx)
		found, err := d.Directory.User(asked, issuer, subject)
		if err != nil {
			return policy.Subject{}, err
		}
		known, _ = d.users.LoadOrStore(subject, remembered{found, facts})
	}
	r, ok := known.(remembered)
	if !ok {
		return policy.Subject{}, auth.ErrUnknownSubject
	}
	if c, ok := ctx.Value(chargedKey{}).(charged); ok {
		maps.Copy(c.facts, r.facts)
	}
	return r.subject, nil
}
