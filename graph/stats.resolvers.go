package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// CallStats is the resolver for the callStats field.
func (r *queryResolver) CallStats(ctx context.Context, from *page.Date, to *page.Date) (*model.CallStats, error) {
	panic(fmt.Errorf("not implemented: CallStats - callStats"))
}
