package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// Appointments is the resolver for the appointments field.
func (r *callResolver) Appointments(ctx context.Context, obj *ent.Call) ([]*ent.Appointment, error) {
	return edgeList(ctx, obj.Edges.AppointmentsOrErr, func(ctx context.Context) ([]*ent.Appointment, error) {
		q := obj.QueryAppointments()
		appointmentsInOrder(q)
		return q.All(ctx)
	})
}

// Escalations is the resolver for the escalations field.
func (r *callResolver) Escalations(ctx context.Context, obj *ent.Call) ([]*ent.Escalation, error) {
	return edgeList(ctx, obj.Edges.EscalationsOrErr, func(ctx context.Context) ([]*ent.Escalation, error) {
		q := obj.QueryEscalations()
		escalationsInOrder(q)
		return q.All(ctx)
	})
}

// Recordings is the resolver for the recordings field.
func (r *callResolver) Recordings(ctx context.Context, obj *ent.Call) ([]*ent.Recording, error) {
	return edgeList(ctx, obj.Edges.RecordingsOrErr, func(ctx context.Context) ([]*ent.Recording, error) {
		q := obj.QueryRecordings()
		recordingsInOrder(q)
		return q.All(ctx)
	})
}

// Calls is the resolver for the calls field.
func (r *queryResolver) Calls(ctx context.Context, first *int, after *string, last *int, before *string, where *model.CallWhere, orderBy *model.CallOrder) (*page.Connection[ent.Call], error) {
	q, err := filterCalls(ctx, ent.FromContext(ctx).Call.Query(), where)
	if err != nil {
		return nil, err
	}
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return listCalls(ctx, q, args, callOrder(orderBy))
}

// Call is the resolver for the call field.
func (r *queryResolver) Call(ctx context.Context, id string) (*ent.Call, error) {
	return find(ctx, r.Resolver, "call", policy.Call, id, func(ctx context.Context, id uuid.UUID) (*ent.Call, error) {
		asked := askedFields(ctx)
		q := withCallEdges(ctx, ent.FromContext(ctx).Call.Query(), asked).Where(call.ID(id))
		q.Select(callColumns(ctx, asked)...)
		return q.Only(ctx)
	})
}

// CallChanged is the resolver for the callChanged field.
func (r *subscriptionResolver) CallChanged(ctx context.Context) (<-chan *model.CallChange, error) {
	return openStream(ctx, r.Feed, policy.Call, loadChange(askedFields(ctx, []string{"call"})))
}

// Call returns generated.CallResolver implementation.
func (r *Resolver) Call() generated.CallResolver { return &callResolver{r} }

// Subscription returns generated.SubscriptionResolver implementation.
func (r *Resolver) Subscription() generated.SubscriptionResolver { return &subscriptionResolver{r} }

type (
	callResolver         struct{ *Resolver }
	subscriptionResolver struct{ *Resolver }
)
