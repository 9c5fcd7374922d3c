package random

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Shrink finds a smaller document that still fails: it takes one selection or
// argument away after the other and keeps what still does. It tries at most so
// many documents, all of them valid. A document that cannot be made smaller
// comes back as it is.
func (d Document) Shrink(schema *ast.Schema, tries int, fails func(Document) bool) Document {
	for at := 0; tries > 0; {
		smaller, more := d.without(at)
		if !more {
			return d
		}
		at++
		if _, errs := smaller.Load(schema); errs != nil {
			continue
		}
		tries--
		if fails(smaller) {
			d, at = smaller, at-1
		}
	}
	return d
}

// without is the document without its n-th selection or argument, and without
// what then nobody uses; more is false past the last of them.
func (d Document) without(n int) (smaller Document, more bool) {
	doc, err := parser.ParseQuery(&ast.Source{Input: d.Text()})
	if err != nil {
		return d, false
	}
	c := &cutter{at: n}
	for _, op := range doc.Operations {
		op.SelectionSet = c.selections(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		f.SelectionSet = c.selections(f.SelectionSet)
	}
	out := Document{Query: doc, Variables: map[string]any{}}
	for range doc.Fragments { // one that goes may have been the last to use another
		doc.Fragments = slices.DeleteFunc(doc.Fragments, func(f *ast.FragmentDefinition) bool { return !usesOf(doc).fragments[f.Name] })
	}
	used := usesOf(doc)
	for _, op := range doc.Operations {
		op.VariableDefinitions = slices.DeleteFunc(op.VariableDefinitions, func(v *ast.VariableDefinition) bool { return !used.variables[v.Variable] })
	}
	for name, value := range d.Variables {
		if used.variables[name] {
			out.Variables[name] = value
		}
	}
	return out, c.at < 0
}

// cutter takes one thing out of a document: the one that is reached at zero.
type cutter struct{ at int }

func (c *cutter) hit() bool {
	c.at--
	return c.at == -1
}

func (c *cutter) selections(set ast.SelectionSet) ast.SelectionSet {
	var kept ast.SelectionSet
	for _, s := range set {
		if c.hit() {
			continue
		}
		switch s := s.(type) {
		case *ast.Field:
			s.Arguments = slices.DeleteFunc(s.Arguments, func(*ast.Argument) bool { return c.hit() })
			s.SelectionSet = c.selections(s.SelectionSet)
		case *ast.InlineFragment:
			s.SelectionSet = c.selections(s.SelectionSet)
		}
		kept = append(kept, s)
	}
	return kept
}

// uses are the names that a document refers to.
type uses struct{ fragments, variables map[string]bool }

func usesOf(doc *ast.QueryDocument) uses {
	u := uses{map[string]bool{}, map[string]bool{}}
	for _, op := range doc.Operations {
		u.selections(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		u.selections(f.SelectionSet)
	}
	return u
}

func (u uses) selections(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			u.arguments(s.Arguments)
			u.directives(s.Directives)
			u.selections(s.SelectionSet)
		case *ast.InlineFragment:
			u.directives(s.Directives)
			u.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			u.fragments[s.Name] = true
			u.directives(s.Directives)
		}
	}
}

func (u uses) directives(list ast.DirectiveList) {
	for _, d := range list {
		u.arguments(d.Arguments)
	}
}

func (u uses) arguments(list ast.ArgumentList) {
	for _, a := range list {
		u.value(a.Value)
	}
}

func (u uses) value(v *ast.Value) {
	if v.Kind == ast.Variable {
		u.variables[v.Raw] = true
	}
	for _, child := range v.Children {
		u.value(child.Value)
	}
}
