package attack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// selection asks for every field of a type that needs no argument, and for the
// rows behind it to a depth, so that whatever a type has shows.
func (a *api) selection(typeName string, depth int) string {
	def := a.schema.Types[typeName]
	switch def.Kind {
	case ast.Interface, ast.Union:
		var b strings.Builder
		b.WriteString("{ __typename")
		for _, t := range a.schema.GetPossibleTypes(def) {
			fmt.Fprintf(&b, " ... on %s %s", t.Name, a.selection(t.Name, 0))
		}
		return b.String() + " }"
	case ast.Object:
	default:
		return "" // a leaf
	}
	parts := []string{"__typename"}
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || slices.ContainsFunc(f.Arguments, func(arg *ast.ArgumentDefinition) bool { return required(arg.Type, arg.DefaultValue) }) {
			continue
		}
		below, rows := a.schema.Types[f.Type.Name()], a.resource(f.Type.Name()) != ""
		switch {
		case below.Kind != ast.Object && below.Kind != ast.Interface:
			parts = append(parts, f.Name)
		case a.connection(typeName), strings.HasSuffix(typeName, "Edge"), !rows:
			// A page's own parts, and what is no row, cost no depth. One of the two
			// ways to a page's rows is asked for whole.
			if f.Name == "edges" {
				parts = append(parts, "edges { __typename cursor }")
			} else {
				parts = append(parts, f.Name+" "+a.selection(f.Type.Name(), depth))
			}
		case depth > 0:
			args := ""
			if f.Arguments.ForName("first") != nil {
				args = "(first: 3)"
			}
			parts = append(parts, f.Name+args+" "+a.selection(f.Type.Name(), depth-1))
		}
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

func required(t *ast.Type, value *ast.Value) bool { return t.NonNull && value == nil }
