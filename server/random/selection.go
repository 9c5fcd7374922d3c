package random

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// keys are the response keys that a selection set uses, through its fragments:
// two selections with one key must be the same, so no key is given twice.
type keys map[string]bool

// roots selects one to three fields of an operation's type, now and then many,
// and mostly one change: several are done together or not at all.
func (w *writer) roots(root *ast.Definition) ast.SelectionSet {
	n := 1 + w.r.IntN(3)
	if root == w.Schema.Mutation && w.chance(0.6) {
		n = 1
	}
	if w.chance(0.01) {
		n = 25
	}
	fields := visible(root)
	used := keys{}
	var set ast.SelectionSet
	for range n {
		set = append(set, w.field(pick(w, fields), 2+w.r.IntN(7), used, false))
	}
	if w.chance(0.1) {
		set = ast.SelectionSet{&ast.InlineFragment{TypeCondition: root.Name, SelectionSet: set, Directives: w.directives()}}
	}
	return set
}

// visible are the fields of a type but introspection's.
func visible(def *ast.Definition) []*ast.FieldDefinition {
	return slices.DeleteFunc(slices.Clone(def.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
}

// selections selects fields of a type, at least one. Within a fragment that
// stands beside others every key is new (apart).
func (w *writer) selections(def *ast.Definition, depth int, used keys, apart bool) ast.SelectionSet {
	if def.IsAbstractType() {
		return w.abstract(def, depth, used)
	}
	var set ast.SelectionSet
	fields := visible(def)
	w.r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	for _, f := range fields {
		p := 0.4
		if !w.leaf(f) {
			p = 0.5
			if depth <= 0 || w.room <= 0 {
				p = 0
			}
		} else if w.room <= 0 {
			p = 0.05
		}
		if w.chance(p) {
			set = append(set, w.field(f, depth-1, used, apart))
		}
	}
	if len(set) == 0 {
		set = append(set, w.field(w.simplest(fields), depth-1, used, apart))
	}
	if w.chance(0.15) {
		set = append(set, w.typename(used))
	}
	if depth > 0 && w.chance(0.2) {
		set = append(set, w.fragment(def, depth-1, used))
	}
	return set
}

// abstract selects what an interface or a union has, and what some of its types
// have. It always asks for the type, which says what the rest means.
func (w *writer) abstract(def *ast.Definition, depth int, used keys) ast.SelectionSet {
	set := ast.SelectionSet{w.typename(used)}
	for _, f := range visible(def) {
		if w.chance(0.7) {
			set = append(set, w.field(f, depth-1, used, false))
		}
	}
	for _, possible := range w.Schema.GetPossibleTypes(def) {
		if w.chance(0.35) {
			set = append(set, &ast.InlineFragment{
				TypeCondition: possible.Name, Directives: w.directives(),
				SelectionSet: w.selections(possible, depth-1, used, true),
			})
		}
	}
	return set
}

// fragment is an inline fragment or a spread of a named one, on the type or on
// an interface that it has.
func (w *writer) fragment(def *ast.Definition, depth int, used keys) ast.Selection {
	if w.chance(0.3) {
		inline := &ast.InlineFragment{Directives: w.directives(), SelectionSet: w.selections(def, depth, used, true)}
		if w.chance(0.5) {
			inline.TypeCondition = def.Name
		}
		return inline
	}
	on := def
	if len(def.Interfaces) > 0 && w.chance(0.4) {
		on = w.Schema.Types[pick(w, def.Interfaces)]
	}
	var f *ast.FragmentDefinition
	if made := w.fragments[on.Name]; len(made) > 0 && w.chance(0.6) {
		f = pick(w, made)
	} else {
		f = &ast.FragmentDefinition{Name: w.name("F"), TypeCondition: on.Name}
		f.SelectionSet = w.selections(on, depth, keys{}, true)
		w.doc.Fragments = append(w.doc.Fragments, f)
		w.fragments[on.Name] = append(w.fragments[on.Name], f)
	}
	return &ast.FragmentSpread{Name: f.Name, Directives: w.directives()}
}

// field selects one field with its arguments.
func (w *writer) field(f *ast.FieldDefinition, depth int, used keys, apart bool) *ast.Field {
	w.room--
	out := &ast.Field{Name: f.Name, Alias: f.Name, Arguments: w.arguments(f), Directives: w.directives()}
	if apart && f.Name != "id" || used[f.Name] || w.chance(0.08) {
		out.Alias = w.name("a")
	}
	used[out.Alias] = true
	if !w.leaf(f) {
		out.SelectionSet = w.selections(w.Schema.Types[f.Type.Name()], depth, keys{}, false)
	}
	return out
}

// typename asks for the type's name, which is the same wherever it stands.
func (*writer) typename(used keys) *ast.Field {
	used["__typename"] = true
	return &ast.Field{Name: "__typename", Alias: "__typename"}
}

// simplest is a field that holds a value, if there is one.
func (w *writer) simplest(fields []*ast.FieldDefinition) *ast.FieldDefinition {
	if i := slices.IndexFunc(fields, w.leaf); i >= 0 {
		return fields[i]
	}
	return fields[0]
}

func (w *writer) leaf(f *ast.FieldDefinition) bool { return w.Schema.Types[f.Type.Name()].IsLeafType() }

// directives are none, or one of the two that every server knows; mostly such
// that what they stand on stays.
func (w *writer) directives() ast.DirectiveList {
	if !w.chance(0.03) {
		return nil
	}
	name, keeps := "include", "true"
	if w.chance(0.5) {
		name, keeps = "skip", "false"
	}
	if w.chance(0.2) {
		keeps = map[string]string{"true": "false", "false": "true"}[keeps]
	}
	condition := &ast.Value{Kind: ast.BooleanValue, Raw: keeps}
	if w.chance(0.5) {
		condition = w.variable(ast.NonNullNamedType("Boolean", nil), condition)
	}
	return ast.DirectiveList{{Name: name, Arguments: ast.ArgumentList{{Name: "if", Value: condition}}}}
}
