package graph

import (
	"context"
	"slices"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/policy"
)

// maySee reports whether the operation's decisions let it read rows of r.
func maySee(ctx context.Context, r policy.Resource) bool {
	scope, err := policy.ScopeFrom(ctx)
	return err == nil && scope.May(policy.Read, r)
}

// through are the paths to what lies behind an edge of the rows at paths: of a
// list's rows, or of the field's own row when there are none.
func through(edge string, paths ...[]string) [][]string {
	if len(paths) == 0 {
		return [][]string{{edge}}
	}
	longer := make([][]string, len(paths))
	for i, p := range paths {
		longer[i] = append(slices.Clone(p), edge)
	}
	return longer
}

// callRows prepares a query of calls for the rows at paths: the columns that
// were asked for, and the edges, in one statement each.
func callRows(ctx context.Context, paths ...[]string) func(*ent.CallQuery) {
	asked := askedFields(ctx, paths...)
	return func(q *ent.CallQuery) { withCallEdges(ctx, q, asked).Select(callColumns(ctx, asked)...) }
}
