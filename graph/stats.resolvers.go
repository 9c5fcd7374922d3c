package graph

import (
	"context"

	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// CallStats is the resolver for the callStats field.
func (r *queryResolver) CallStats(ctx context.Context, from *page.Date, to *page.Date) (*model.CallStats, error) {
	zone, err := clinicZone(ctx, policy.CallStats)
	if err != nil {
		return nil, err
	}
	days, err := statDays(from, to, page.DateOf(decidedFrom(ctx).now.In(zone)))
	if err != nil {
		return nil, err
	}
	stats, err := days.stats(ctx, askedFields(ctx))
	if err != nil {
		return nil, err
	}
	stats.Timezone = zone.String()
	return stats, nil
}
