package random

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// place is where a value stands: the field that takes it and the name that it
// has there. Both say what may be meant.
type place struct {
	field *ast.FieldDefinition
	name  string
	text  string // the description of the argument or input field
}

// arguments gives a field what it requires and some of what it may take.
func (w *writer) arguments(f *ast.FieldDefinition) ast.ArgumentList {
	var list ast.ArgumentList
	for _, a := range f.Arguments {
		if a.Name == "last" && list.ForName("first") != nil && w.chance(0.9) {
			continue // a list is read from one end (Relay Cursor Connections, section 4)
		}
		required := a.Type.NonNull && a.DefaultValue == nil
		if required || w.chance(0.25) {
			list = append(list, &ast.Argument{Name: a.Name, Value: w.value(a.Type, place{f, a.Name, a.Description}, true)})
		}
	}
	return list
}

// value is one of the type: written out or, where that may be, in a variable.
func (w *writer) value(t *ast.Type, at place, mayVary bool) *ast.Value {
	if mayVary && w.chance(0.25) {
		return w.variable(t, w.value(t, at, false))
	}
	if !t.NonNull && w.chance(0.02) {
		return &ast.Value{Kind: ast.NullValue, Raw: "null"}
	}
	if t.Elem != nil {
		list := &ast.Value{Kind: ast.ListValue}
		for range 1 + w.r.IntN(3) {
			list.Children = append(list.Children, &ast.ChildValue{Value: w.value(t.Elem, at, mayVary)})
		}
		return list
	}
	def := w.Schema.Types[t.NamedType]
	switch def.Kind {
	case ast.Enum:
		return &ast.Value{Kind: ast.EnumValue, Raw: pick(w, def.EnumValues).Name}
	case ast.InputObject:
		return w.object(def, at, mayVary)
	default:
		return scalars[def.Name](w, at)
	}
}

// object gives an input what it requires and some of what it may hold.
func (w *writer) object(def *ast.Definition, at place, mayVary bool) *ast.Value {
	object := &ast.Value{Kind: ast.ObjectValue}
	for _, f := range def.Fields {
		required := f.Type.NonNull && f.DefaultValue == nil
		if required || w.chance(0.3) {
			v := w.value(f.Type, place{at.field, f.Name, f.Description}, mayVary)
			object.Children = append(object.Children, &ast.ChildValue{Name: f.Name, Value: v})
		}
	}
	return object
}

// variable moves a literal out of the document: into the variables, into the
// default, or into both with the default unused.
func (w *writer) variable(t *ast.Type, literal *ast.Value) *ast.Value {
	v := &ast.VariableDefinition{Variable: w.name("v"), Type: t}
	sent := true
	if w.chance(0.3) {
		v.DefaultValue = literal
		sent = w.chance(0.5)
	}
	if sent {
		value, err := literal.Value(nil)
		if err != nil {
			return literal // a number that no Go type holds stays where it is
		}
		w.variables[v.Variable] = value
	}
	w.op.VariableDefinitions = append(w.op.VariableDefinitions, v)
	return &ast.Value{Kind: ast.Variable, Raw: v.Variable}
}

// subject is the type of row that an ID at this place is most likely of: what
// its name says, what the field gives back, or what the field's @can is about.
func (w *writer) subject(at place) string {
	if name, ok := strings.CutSuffix(at.name, "Id"); ok {
		for _, def := range w.types {
			if strings.EqualFold(def.Name, name) {
				return def.Name
			}
		}
	}
	about := ""
	if can := at.field.Directives.ForName("can"); can != nil {
		about = can.Arguments.ForName("resource").Value.Raw
	}
	for _, def := range w.types {
		if at.field.Type.Name() == def.Name {
			return def.Name
		}
		if d := def.Directives.ForName("resource"); d != nil && d.Arguments.ForName("type").Value.Raw == about {
			return def.Name
		}
	}
	return pick(w, w.types).Name
}
