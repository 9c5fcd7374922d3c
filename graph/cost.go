package graph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/graph/page"
)

// maxCost stops the sum of a hostile document from running over.
const maxCost = 1_000_000

// costOf estimates the rows that an operation may read: one for each field
// that holds an object, times the size of every page it stands in. A mutation
// costs ten more. The plan's cost window counts these points.
func costOf(op *ast.OperationDefinition, variables map[string]any) int {
	cost := costOfSet(op.SelectionSet, variables, 0)
	if op.Operation == ast.Mutation {
		cost += 10
	}
	return max(cost, 1)
}

func costOfSet(set ast.SelectionSet, variables map[string]any, depth int) int {
	if depth > 64 {
		return maxCost
	}
	cost := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if len(s.SelectionSet) == 0 {
				continue
			}
			cost += 1 + pageSize(s, variables)*costOfSet(s.SelectionSet, variables, depth+1)
		case *ast.InlineFragment:
			cost += costOfSet(s.SelectionSet, variables, depth+1)
		case *ast.FragmentSpread:
			cost += costOfSet(s.Definition.SelectionSet, variables, depth+1)
		}
		if cost > maxCost {
			return maxCost
		}
	}
	return cost
}

// pageSize is how many rows a list field may hold; 1 for any other field.
func pageSize(f *ast.Field, variables map[string]any) int {
	if f.Definition == nil || f.Definition.Arguments.ForName("first") == nil {
		return 1
	}
	for _, name := range []string{"first", "last"} {
		arg := f.Arguments.ForName(name)
		if arg == nil {
			continue
		}
		v, err := arg.Value.Value(variables)
		if err != nil {
			continue
		}
		switch n := v.(type) {
		case int64:
			return clampPage(n)
		case int:
			return clampPage(int64(n))
		case float64:
			return clampPage(int64(n))
		}
	}
	return page.DefaultSize
}

func clampPage(n int64) int {
	return int(min(max(n, 1), page.MaxSize))
}
