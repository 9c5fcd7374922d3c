package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/policy"
)

// fixedCallColumns are read with every call: its ids, and what lists are ordered by.
var fixedCallColumns = []string{ //nolint:gochecknoglobals // immutable table
	call.FieldID, call.FieldOrgID, call.FieldStartedAt, call.FieldDurationSeconds,
}

// callFields are the GraphQL names of a call's columns.
var callFields = fieldNames(call.Columns) //nolint:gochecknoglobals // immutable table

// fieldNames gives each column its GraphQL name: caller_name is callerName.
func fieldNames(columns []string) map[string]string {
	names := make(map[string]string, len(columns))
	for _, column := range columns {
		words := strings.Split(column, "_")
		for i, word := range words[1:] {
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
		names[column] = strings.Join(words, "")
	}
	return names
}

// callColumns are the columns that the fields asked for need: each one costs,
// and a transcript lies outside the row. Hidden ones are never read at all. ent
// adds the references of the edges that it loads.
func callColumns(ctx context.Context, asked map[string]bool) []string {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return nil
	}
	hidden := scope.Masked(policy.Call)
	columns := slices.Clone(fixedCallColumns)
	for _, c := range call.Columns {
		if asked[callFields[c]] && !slices.Contains(fixedCallColumns, c) && !slices.Contains(hidden, c) {
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
