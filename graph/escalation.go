package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/escalation"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// escalationOrder is the order of a list of escalations: the latest first.
func escalationOrder() page.Order[ent.Escalation] {
	return latestFirst(escalation.FieldRaisedAt,
		func(e *ent.Escalation) time.Time { return e.RaisedAt }, func(e *ent.Escalation) uuid.UUID { return e.ID })
}

// filterEscalations narrows q.
func filterEscalations(q *ent.EscalationQuery, w *model.EscalationWhere) *ent.EscalationQuery {
	if w == nil {
		return q
	}
	if len(w.Status) > 0 {
		q = q.Where(escalation.StatusIn(w.Status...))
	}
	if len(w.Urgency) > 0 {
		// The same words in two tables are two types to ent.
		urgencies := make([]escalation.Urgency, len(w.Urgency))
		for i, u := range w.Urgency {
			urgencies[i] = escalation.Urgency(u)
		}
		q = q.Where(escalation.UrgencyIn(urgencies...))
	}
	return q
}

// escalationRows prepares a query of escalations for the rows at paths.
func escalationRows(ctx context.Context, paths ...[]string) func(*ent.EscalationQuery) {
	asked := askedFields(ctx, paths...)
	return func(q *ent.EscalationQuery) {
		if asked["call"] && maySee(ctx, policy.Call) {
			q.WithCall(callRows(ctx, through("call", paths...)...))
		}
		if asked["rule"] && maySee(ctx, policy.EscalationRule) {
			q.WithRule()
		}
	}
}

// moveEscalation changes an escalation that stands at one of from, and returns
// it as it then is. One that stands further on stays as it is, so that doing it
// twice is like once and two people at once are like one.
func (r *Resolver) moveEscalation(
	ctx context.Context, id string, change func(*ent.EscalationUpdate), from ...escalation.Status,
) (*ent.Escalation, error) {
	row, err := idOf("escalation", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx).Escalation
	u := client.Update().Where(escalation.ID(row), escalation.StatusIn(from...))
	change(u)
	if err := u.Exec(ctx); err != nil {
		return nil, err
	}
	now, err := current(ctx, r, policy.Update, policy.Escalation, row, client.Get)
	if err != nil {
		return nil, err
	}
	return now, nil
}
