package limit

import "github.com/vektah/gqlparser/v2/ast"

// merging counts how often each response path is asked for. Fields of one path
// are merged into one, and validation compares each of them with each: a
// thousand fields of one path are half a million comparisons.
//
// It writes every fragment out, so it must see only documents whose selections
// are known to be few.
type merging struct {
	doc     *ast.QueryDocument
	spread  map[*ast.FragmentDefinition]bool // those met so far
	repeats int                              // of the path asked for most often
}

// path is one response path with those below it.
type path struct {
	asked int
	below map[string]*path
}

// repeats walks the operations, and then the fragments that none of them
// reached, for validation will walk those as well.
func repeats(doc *ast.QueryDocument) int {
	m := &merging{doc: doc, spread: map[*ast.FragmentDefinition]bool{}}
	for _, op := range doc.Operations {
		m.walk(op.SelectionSet, &path{})
	}
	for _, fragment := range doc.Fragments {
		if !m.spread[fragment] {
			m.walk(fragment.SelectionSet, &path{})
		}
	}
	return m.repeats
}

func (m *merging) walk(set ast.SelectionSet, at *path) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			m.walk(selection.SelectionSet, m.ask(at, selection.Alias))
		case *ast.InlineFragment:
			m.walk(selection.SelectionSet, at)
		case *ast.FragmentSpread:
			if fragment := m.doc.Fragments.ForName(selection.Name); fragment != nil {
				m.spread[fragment] = true
				m.walk(fragment.SelectionSet, at)
			}
		}
	}
}

func (m *merging) ask(at *path, name string) *path {
	next := at.below[name]
	if next == nil {
		if at.below == nil {
			at.below = map[string]*path{}
		}
		next = &path{}
		at.below[name] = next
	}
	next.asked++
	m.repeats = max(m.repeats, next.asked)
	return next
}
