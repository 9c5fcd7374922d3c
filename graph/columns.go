package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/policy"
)

// heavyCallColumns are read only when asked for: their values are large and lie
// outside the row.
var heavyCallColumns = map[string]string{ //nolint:gochecknoglobals // immutable table
	call.FieldTranscript: "transcript", call.FieldStructuredData: "structuredData", call.FieldSummary: "summary",
	call.FieldSentimentSummary: "sentimentSummary", call.FieldOutcome: "outcome",
}

// callColumns are the columns that the fields asked for need. Hidden ones are
// never read at all.
func callColumns(ctx context.Context, asked map[string]bool) []string {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return nil
	}
	hidden := scope.Masked(policy.Call)
	columns := make([]string, 0, len(call.Columns))
	for _, c := range call.Columns {
		field, heavy := heavyCallColumns[c]
		if (!heavy || asked[field]) && !slices.Contains(hidden, c) && c != call.FieldSearch {
			columns = append(columns, c)
		}
	}
	return columns
}

// askedFields are the names of the fields that the document asks of the rows
// at path below the current field: {"nodes"} and {"edges", "node"} in a list,
// none for a single row.
func askedFields(ctx context.Context, paths ...[]string) map[string]bool {
	oc := graphql.GetOperationContext(ctx)
	asked := map[string]bool{}
	root := graphql.CollectFieldsCtx(ctx, nil)
	if len(paths) == 0 {
		paths = [][]string{nil}
	}
	for _, path := range paths {
		fields := root
		for _, name := range path {
			var below []graphql.CollectedField
			for _, f := range fields {
				if f.Name == name {
					below = append(below, graphql.CollectFields(oc, f.Selections, nil)...)
				}
			}
			fields = below
		}
		for _, f := range fields {
			asked[f.Name] = true
		}
	}
	return asked
}

// inList are the paths to the rows of a connection.
var inList = [][]string{{"nodes"}, {"edges", "node"}} //nolint:gochecknoglobals // immutable table
