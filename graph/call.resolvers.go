package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// Calls is the resolver for the calls field.
func (r *queryResolver) Calls(ctx context.Context, first *int, after *string, last *int, before *string, where *model.CallWhere, orderBy *model.CallOrder) (*page.Connection[ent.Call], error) {
	q, err := filterCalls(ctx, ent.FromContext(ctx).Call.Query(), where)
	if err != nil {
		return nil, err
	}
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, callOrder(orderBy), func(q *ent.CallQuery) {
		asked := askedFields(ctx, inList...)
		withCallEdges(ctx, q, asked).Select(callColumns(ctx, asked)...)
	})
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
