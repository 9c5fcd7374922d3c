package random_test

import (
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/policy"
)

// coverage is what of a schema was asked for, and what came with a value.
type coverage struct {
	mu     sync.Mutex
	fields map[string]bool // "Type.field": whether it came with a value
	inputs map[string]bool // "Type.field(argument)" and "Input.field": whether it was used
}

// newCoverage lists what can be asked in a query or a mutation.
func newCoverage(schema *ast.Schema) *coverage {
	c := &coverage{fields: map[string]bool{}, inputs: map[string]bool{}}
	seen := map[string]bool{}
	var walk func(*ast.Definition)
	walk = func(def *ast.Definition) {
		if def == nil || seen[def.Name] || def.IsLeafType() {
			return
		}
		seen[def.Name] = true
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") || platforms(f) {
				continue
			}
			switch def.Kind { //nolint:exhaustive // an interface is asked as its types
			case ast.Object:
				c.fields[def.Name+"."+f.Name] = false
			case ast.InputObject:
				c.inputs[def.Name+"."+f.Name] = false
			}
			for _, a := range f.Arguments {
				c.inputs[def.Name+"."+f.Name+"("+a.Name+")"] = false
				walk(schema.Types[a.Type.Name()])
			}
			walk(schema.Types[f.Type.Name()])
		}
		for _, possible := range schema.GetPossibleTypes(def) {
			if r := possible.Directives.ForName("resource"); r == nil || r.Arguments.ForName("type").Value.Raw != string(policy.PolicyRevision) {
				walk(possible)
			}
		}
	}
	walk(schema.Query)
	walk(schema.Mutation)
	return c
}

// add notes what an answer showed, and what its document gave for arguments.
func (c *coverage) add(doc *ast.QueryDocument, read map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for label := range read {
		if _, known := c.fields[label]; known {
			c.fields[label] = true
		}
	}
	var selections func(ast.SelectionSet)
	selections = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				for _, a := range s.Arguments {
					c.note(s.ObjectDefinition.Name + "." + s.Name + "(" + a.Name + ")")
					c.value(a.Value)
				}
				selections(s.SelectionSet)
			case *ast.InlineFragment:
				selections(s.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		selections(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		selections(f.SelectionSet)
	}
}

func (c *coverage) note(label string) {
	if _, known := c.inputs[label]; known {
		c.inputs[label] = true
	}
}

func (c *coverage) value(v *ast.Value) {
	if v.Kind == ast.ObjectValue && v.Definition != nil {
		for _, child := range v.Children {
			c.note(v.Definition.Name + "." + child.Name)
		}
	}
	if v.Kind == ast.Variable && v.VariableDefinition != nil && v.VariableDefinition.DefaultValue != nil {
		c.value(v.VariableDefinition.DefaultValue)
	}
	for _, child := range v.Children {
		c.value(child.Value)
	}
}

// never lists what was not reached, and how much was of how much.
func never(of map[string]bool) (missing []string, reached, all int) {
	for label, there := range of {
		if !there {
			missing = append(missing, label)
		}
	}
	slices.Sort(missing)
	return missing, len(of) - len(missing), len(of)
}
