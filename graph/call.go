package graph

import (
	"context"
	"slices"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// callOrder is the order of a list of calls; newest first unless asked otherwise.
func callOrder(by *model.CallOrder) page.Order[ent.Call] {
	o := page.Order[ent.Call]{
		Name: "started_at", Desc: true, Expr: page.Column(call.FieldStartedAt),
		Key: func(c *ent.Call) any { return c.StartedAt }, ID: func(c *ent.Call) uuid.UUID { return c.ID },
	}
	if by == nil {
		return o
	}
	o.Desc = by.Direction == model.OrderDirectionDesc
	if by.Field == model.CallOrderFieldDuration {
		o.Name = "duration"
		// The expression of the index; a call that goes on counts as zero.
		o.Expr = func(s *entsql.Selector) string { return "coalesce(" + s.C(call.FieldDurationSeconds) + ", 0)" }
		o.Key = func(c *ent.Call) any {
			if c.DurationSeconds == nil {
				return int64(0)
			}
			return int64(*c.DurationSeconds)
		}
	}
	return o
}

// filterCalls narrows q. Searching in a field that a decision hides would tell
// what it holds, so it is refused.
func filterCalls(ctx context.Context, q *ent.CallQuery, w *model.CallWhere) (*ent.CallQuery, error) {
	if w == nil {
		return q.Where(call.IsTest(false)), nil
	}
	if w.IncludeTest == nil || !*w.IncludeTest {
		q = q.Where(call.IsTest(false))
	}
	if len(w.Status) > 0 {
		q = q.Where(call.StatusIn(w.Status...))
	}
	if w.Direction != nil {
		q = q.Where(call.DirectionEQ(*w.Direction))
	}
	if w.AgentID != nil {
		q = q.Where(call.AgentID(idOrNone("agent", *w.AgentID)))
	}
	if w.ContactID != nil {
		q = q.Where(call.ContactID(idOrNone("contact", *w.ContactID)))
	}
	if w.StartedAfter != nil {
		q = q.Where(call.StartedAtGT(*w.StartedAfter))
	}
	if w.StartedBefore != nil {
		q = q.Where(call.StartedAtLT(*w.StartedBefore))
	}
	if w.From != nil || w.To != nil {
		zone, err := clinicZone(ctx, policy.Call)
		if err != nil {
			return nil, err
		}
		if w.From != nil {
			q = q.Where(call.StartedAtGTE(w.From.In(zone)))
		}
		if w.To != nil {
			q = q.Where(call.StartedAtLT(w.To.Next().In(zone)))
		}
	}
	if w.Search != nil && strings.TrimSpace(*w.Search) != "" {
		if err := mayFilter(ctx, policy.Call, call.FieldCallerName, call.FieldCallerNumber); err != nil {
			return nil, err
		}
		q = q.Where(call.SearchContains(searchText(*w.Search)))
	}
	return q, nil
}

// mayFilter refuses a condition on a field that the decisions hide.
func mayFilter(ctx context.Context, r policy.Resource, fields ...string) error {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if slices.Contains(scope.Masked(r), f) {
			return fault.New(fault.Forbidden, "You may not search in a field that is hidden from you.").With("field", f)
		}
	}
	return nil
}

// searchText is how texts are compared in search columns: lower case, and
// numbers without their spacing. Writers of such a column use it too.
func searchText(parts ...string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.Join(parts, " ")), " "))
}

// idOrNone reads an id for a condition; one that does not read matches nothing.
func idOrNone(prefix, id string) uuid.UUID {
	row, err := idOf(prefix, id)
	if err != nil {
		return uuid.Nil
	}
	return row
}

// clinicZone is the time zone of the one clinic that the operation reads rows
// of r in.
func clinicZone(ctx context.Context, r policy.Resource) (*time.Location, error) {
	org, err := theOrg(ctx, policy.Read, r)
	if err != nil {
		return nil, err
	}
	return zoneOf(ctx, org)
}
