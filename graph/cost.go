package graph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/page"
)

// maxCost stops the sum of a hostile document from running over.
const maxCost = 1_000_000

// costOf estimates the rows that an operation may read: one for each field
// that holds an object, times the size of every page it stands in. A mutation
// costs ten more. The plan's cost window counts these points. A page larger
// than any list gives is refused here, before anything is asked.
func costOf(op *ast.OperationDefinition, variables map[string]any) (int, error) {
	c := costing{variables: variables}
	cost := c.set(op.SelectionSet, 0)
	if op.Operation == ast.Mutation {
		cost += 10
	}
	return max(cost, 1), c.err
}

// weighty are the root fields that read or decide far more than they show: a report
// up to ten thousand records, an explanation up to four thousand questions. Under
// aliases they would be asked for the price of one.
var weighty = map[string]int{"breakGlassReport": 200, "explainDecision": 200} //nolint:gochecknoglobals // immutable table

// costing is one sum over a document.
type costing struct {
	variables map[string]any
	err       error // the first page that is too large
}

func (c *costing) set(set ast.SelectionSet, depth int) int {
	if depth > 64 {
		return maxCost
	}
	cost := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if len(s.SelectionSet) > 0 {
				cost += 1 + weighty[s.Name] + c.pageSize(s)*c.set(s.SelectionSet, depth+1)
			}
		case *ast.InlineFragment:
			cost += c.set(s.SelectionSet, depth+1)
		case *ast.FragmentSpread:
			cost += c.set(s.Definition.SelectionSet, depth+1)
		}
		if cost > maxCost {
			return maxCost
		}
	}
	return cost
}

// pageSize is how many rows a list field may hold; 1 for any other field.
func (c *costing) pageSize(f *ast.Field) int {
	if f.Definition == nil || f.Definition.Arguments.ForName("first") == nil {
		return 1
	}
	for _, name := range []string{"first", "last"} {
		arg := f.Arguments.ForName(name)
		if arg == nil {
			continue
		}
		v, err := arg.Value.Value(c.variables)
		if err != nil {
			continue
		}
		var n int64
		switch v := v.(type) {
		case int64:
			n = v
		case int:
			n = int64(v)
		default:
			continue
		}
		if n > page.MaxSize && c.err == nil {
			c.err = fault.New(fault.TooComplex, "%s may be at most %d; ask for the next page with after.", name, page.MaxSize).
				With("limit", map[string]any{"name": name, "max": page.MaxSize, "actual": n})
		}
		return int(min(max(n, 1), page.MaxSize))
	}
	return page.DefaultSize
}
