package graph

import (
	"context"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// Node is the resolver for the node field.
func (r *queryResolver) Node(ctx context.Context, id string) (model.Node, error) {
	return r.load(ctx, id)
}

// Nodes is the resolver for the nodes field.
func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if len(ids) > page.MaxSize {
		return nil, fault.New(fault.TooComplex, "ids may be at most %d.", page.MaxSize).
			With("limit", map[string]any{"name": "ids", "max": page.MaxSize, "actual": len(ids)})
	}
	nodes := make([]model.Node, len(ids))
	for i, id := range ids {
		var err error
		if nodes[i], err = r.load(ctx, id); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// Query returns generated.QueryResolver implementation.
func (r *Resolver) Query() generated.QueryResolver { return &queryResolver{r} }

type queryResolver struct{ *Resolver }
