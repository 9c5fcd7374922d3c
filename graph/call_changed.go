package graph

import (
	"context"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/graph/model"
)

// loadChange reads the call of an event with the fields that the document asks
// of it. A call that is gone, or not of the event's clinic, tells nothing.
func loadChange(asked map[string]bool) func(context.Context, feed.CallEvent) (*model.CallChange, error) {
	return func(ctx context.Context, e feed.CallEvent) (*model.CallChange, error) {
		q := withCallEdges(ctx, ent.FromContext(ctx).Call.Query(), asked).Where(call.ID(e.CallID))
		q.Select(callColumns(ctx, asked)...)
		row, err := q.Only(ctx)
		if ent.IsNotFound(err) {
			return nil, nil //nolint:nilnil // nothing to tell
		}
		if err != nil {
			return nil, err
		}
		return &model.CallChange{Call: row}, nil
	}
}
