package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/escalation"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// AcknowledgeEscalation is the resolver for the acknowledgeEscalation field.
func (r *mutationResolver) AcknowledgeEscalation(ctx context.Context, id string) (*model.AcknowledgeEscalationPayload, error) {
	who := decidedFrom(ctx).request.Subject.ID
	row, err := r.moveEscalation(ctx, id, func(u *ent.EscalationUpdate) {
		u.SetStatus(escalation.StatusAcknowledged).SetAcknowledgedAt(r.Now()).SetAcknowledgedBy(who)
	}, escalation.StatusOpen)
	if err != nil {
		return nil, err
	}
	return &model.AcknowledgeEscalationPayload{Escalation: row}, nil
}

// ResolveEscalation is the resolver for the resolveEscalation field.
func (r *mutationResolver) ResolveEscalation(ctx context.Context, id string) (*model.ResolveEscalationPayload, error) {
	row, err := r.moveEscalation(ctx, id, func(u *ent.EscalationUpdate) {
		u.SetStatus(escalation.StatusResolved).SetResolvedAt(r.Now())
	}, escalation.StatusOpen, escalation.StatusAcknowledged)
	if err != nil {
		return nil, err
	}
	return &model.ResolveEscalationPayload{Escalation: row}, nil
}

// Escalations is the resolver for the escalations field.
func (r *queryResolver) Escalations(ctx context.Context, first *int, after *string, last *int, before *string, where *model.EscalationWhere) (*page.Connection[ent.Escalation], error) {
	q := filterEscalations(ent.FromContext(ctx).Escalation.Query(), where)
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, escalationOrder(), escalationRows(ctx, inList...))
}

// Escalation is the resolver for the escalation field.
func (r *queryResolver) Escalation(ctx context.Context, id string) (*ent.Escalation, error) {
	return find(ctx, r.Resolver, "escalation", policy.Escalation, id, func(ctx context.Context, id uuid.UUID) (*ent.Escalation, error) {
		q := ent.FromContext(ctx).Escalation.Query().Where(escalation.ID(id))
		escalationRows(ctx)(q)
		return q.Only(ctx)
	})
}
