package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/voxanne/cascade/ent/nodeid"
)

const (
	listCalls    = `{ calls(first: 20) { totalCount nodes { id providerCallId callerName } } }`
	oneCall      = `query ($id: ID!) { call(id: $id) { id callerName } }`
	callStats    = `query ($from: Date!, $to: Date!) { callStats(from: $from, to: $to) { total completed } }`
	listArticles = `{ knowledgeBase(first: 50) { totalCount nodes { title version } } }`
)

// read asks and lets judge see the data.
func read[T any](ctx context.Context, c *clinic, document string, variables map[string]any, judge func(T) error) (answer, error) {
	a, err := c.graphql(ctx, document, variables, "")
	if err != nil || !a.ok() {
		return a, err
	}
	var data T
	if err := json.Unmarshal([]byte(a.data), &data); err != nil {
		return a, fmt.Errorf("%w: %.300s", err, a.data)
	}
	if err := judge(data); err != nil {
		return a, fmt.Errorf("%w: %.600s", err, a.data)
	}
	return a, nil
}

// listCalls: the clinic's own calls and no other, and never fewer than before.
// A message that was acknowledged may wait in the inbox, so the last count is
// taken when all is quiet.
func (c *clinic) listCalls(ctx context.Context) (answer, error) {
	type list struct {
		Calls *struct {
			TotalCount int
			Nodes      []struct{ ProviderCallID, CallerName string }
		}
	}
	return read(ctx, c, listCalls, nil, func(l list) error {
		if l.Calls == nil {
			return fmt.Errorf("no list, and no error")
		}
		for _, n := range l.Calls.Nodes {
			if c.calls[n.ProviderCallID] == nil {
				return fmt.Errorf("call %s is not the clinic's", n.ProviderCallID)
			}
		}
		return c.countCalls(l.Calls.TotalCount, len(l.Calls.Nodes), 20)
	})
}

// countCalls judges how many calls there are, and how many of them are shown.
func (c *clinic) countCalls(total, shown, page int) error {
	if total < max(c.totalCalls, seedCalls) || total > len(c.calls) || shown != min(total, page) {
		return fmt.Errorf("%d calls, %d shown: %d were there before and %d can be", total, shown, c.totalCalls, len(c.calls))
	}
	c.totalCalls = total
	return nil
}

// oneCall: a call that has always been there.
func (c *clinic) oneCall(ctx context.Context) (answer, error) {
	type one struct {
		Call *struct{ ID, CallerName string }
	}
	id := nodeid.Encode("call", c.seeds[c.dice.IntN(len(c.seeds))])
	return read(ctx, c, oneCall, map[string]any{"id": id}, func(o one) error {
		if o.Call == nil || o.Call.ID != id || o.Call.CallerName != c.canary {
			return fmt.Errorf("asked for %s", id)
		}
		return nil
	})
}

// foreignCall: another clinic's call is not there.
func (c *clinic) foreignCall(ctx context.Context) (answer, error) {
	type one struct{ Call *struct{ ID string } }
	id := nodeid.Encode("call", c.other().seeds[0])
	return read(ctx, c, oneCall, map[string]any{"id": id}, func(o one) error {
		if o.Call != nil {
			return fmt.Errorf("another clinic's call")
		}
		return nil
	})
}

// stats: as many as the list has.
func (c *clinic) stats(ctx context.Context) (answer, error) {
	type stats struct {
		CallStats *struct{ Total, Completed int }
	}
	day := func(d int) string { return time.Now().AddDate(0, 0, d).Format(time.DateOnly) }
	return read(ctx, c, callStats, map[string]any{"from": day(-2), "to": day(2)}, func(s stats) error {
		if s.CallStats == nil || s.CallStats.Completed < seedCalls || s.CallStats.Completed > s.CallStats.Total {
			return fmt.Errorf("not the clinic's statistics")
		}
		return c.countCalls(s.CallStats.Total, s.CallStats.Total, s.CallStats.Total)
	})
}

// listArticles: every article that was acknowledged and none that was not asked
// for, in a version that was.
func (c *clinic) listArticles(ctx context.Context) (answer, error) {
	type list struct {
		KnowledgeBase *struct {
			TotalCount int
			Nodes      []struct {
				Title   string
				Version int
			}
		}
	}
	return read(ctx, c, listArticles, nil, func(l list) error {
		if l.KnowledgeBase == nil {
			return fmt.Errorf("no list, and no error")
		}
		acknowledged := 0
		for _, r := range c.rows[article] {
			if r.acknowledged {
				acknowledged++
			}
		}
		total, seen := l.KnowledgeBase.TotalCount, map[string]bool{}
		if total < acknowledged || total > len(c.rows[article]) || len(l.KnowledgeBase.Nodes) != min(total, 50) {
			return fmt.Errorf("%d articles, %d shown: %d were acknowledged and %d asked for", total, len(l.KnowledgeBase.Nodes), acknowledged, len(c.rows[article]))
		}
		for _, n := range l.KnowledgeBase.Nodes {
			r := c.rows[article][n.Title]
			if r == nil || seen[n.Title] {
				return fmt.Errorf("%s is not the clinic's, or there twice", n.Title)
			}
			seen[n.Title] = true
			if low, high := r.versions(); n.Version < low || n.Version > high {
				return fmt.Errorf("%s has version %d, not %d to %d", n.Title, n.Version, low, high)
			}
		}
		return nil
	})
}
