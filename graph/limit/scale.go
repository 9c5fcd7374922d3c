package limit

import "github.com/vektah/gqlparser/v2/ast"

// scale weighs the selection sets of one document. It walks each set once,
// because a fragment's weight is kept, so that its own counts are of what is
// written and its work grows with the length of the document alone.
type scale struct {
	doc       *ast.QueryDocument
	fragments map[*ast.FragmentDefinition]weight
	weighing  map[*ast.FragmentDefinition]bool // those being walked

	cycles         int
	deferred       int
	spreads        int
	directiveCount int
	inputDepth     int
}

func newScale(doc *ast.QueryDocument) *scale {
	return &scale{
		doc:       doc,
		fragments: make(map[*ast.FragmentDefinition]weight, len(doc.Fragments)),
		weighing:  make(map[*ast.FragmentDefinition]bool, len(doc.Fragments)),
	}
}

// set weighs a selection set.
func (s *scale) set(set ast.SelectionSet) weight {
	var sum weight
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			s.directives(selection.Directives)
			s.arguments(selection.Arguments)
			sum = sum.with(s.set(selection.SelectionSet).under(selection))
		case *ast.InlineFragment:
			s.directives(selection.Directives)
			sum = sum.with(s.set(selection.SelectionSet).counted())
		case *ast.FragmentSpread:
			s.spreads++
			s.directives(selection.Directives)
			sum = sum.with(s.fragment(selection.Name).counted())
		}
	}
	return sum
}

// fragment weighs the fragment that a spread of name stands for, if there is one.
func (s *scale) fragment(name string) weight {
	if fragment := s.doc.Fragments.ForName(name); fragment != nil {
		return s.definition(fragment)
	}
	return weight{}
}

// definition weighs a fragment the first time it is asked for. Two may bear one
// name, which only validation will mind.
func (s *scale) definition(fragment *ast.FragmentDefinition) weight {
	if w, ok := s.fragments[fragment]; ok {
		return w
	}
	if s.weighing[fragment] {
		s.cycles++
		return weight{}
	}
	s.weighing[fragment] = true
	s.directives(fragment.Directives)
	w := s.set(fragment.SelectionSet)
	delete(s.weighing, fragment)
	s.fragments[fragment] = w
	return w
}

func (s *scale) directives(list ast.DirectiveList) {
	s.directiveCount += len(list)
	for _, directive := range list {
		if directive.Name == "defer" {
			s.deferred++
		}
		s.arguments(directive.Arguments)
	}
}

func (s *scale) arguments(list ast.ArgumentList) {
	for _, argument := range list {
		s.value(argument.Value, 0)
	}
}

// value measures how deep lists and objects lie within each other.
func (s *scale) value(v *ast.Value, depth int) {
	if v == nil {
		return
	}
	if v.Kind == ast.ListValue || v.Kind == ast.ObjectValue {
		depth++
		s.inputDepth = max(s.inputDepth, depth)
	}
	for _, child := range v.Children {
		s.value(child.Value, depth)
	}
}
