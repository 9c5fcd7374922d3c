package limit

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// document measures doc, which need not be valid: a fragment that is missing
// weighs nothing, one that is never spread is weighed all the same, for
// validation will walk it.
func (l Limits) document(doc *ast.QueryDocument) *gqlerror.Error {
	if n := len(doc.Operations); n > l.Operations {
		return exceeded("operations", l.Operations, n)
	}
	if n := len(doc.Fragments); n > l.Fragments {
		return exceeded("fragments", l.Fragments, n)
	}
	s := newScale(doc)
	var most weight
	for _, op := range doc.Operations {
		for _, variable := range op.VariableDefinitions {
			s.value(variable.DefaultValue, 0)
			s.directives(variable.Directives)
		}
		s.directives(op.Directives)
		most = most.or(s.set(op.SelectionSet))
	}
	for _, fragment := range doc.Fragments {
		// How deep it lies depends on where it is spread, if it is spread at all.
		w := s.definition(fragment)
		most = most.or(weight{selections: w.selections, aliases: w.aliases})
	}
	if err := l.judge(s, most); err != nil {
		return err
	}
	if n := repeats(doc); n > l.Repeats {
		return exceeded("repeats", l.Repeats, n)
	}
	return nil
}

// judge names the first limit passed, the cheapest to explain first.
func (l Limits) judge(s *scale, w weight) *gqlerror.Error {
	for _, m := range []struct {
		name          string
		limit, actual int
	}{
		{"fragmentCycles", 0, s.cycles},
		{"defer", 0, s.deferred}, // a single response cannot carry what comes later
		{"spreads", l.Spreads, s.spreads},
		{"directives", l.Directives, s.directiveCount},
		{"depth", l.Depth, w.depth},
		{"introspectionDepth", l.IntrospectionDepth, w.introspection},
		{"rootFields", l.RootFields, w.roots},
		{"aliases", l.Aliases, w.aliases},
		{"selections", l.Selections, w.selections},
		{"inputDepth", l.InputDepth, s.inputDepth},
	} {
		if m.actual > m.limit {
			return exceeded(m.name, m.limit, m.actual)
		}
	}
	return nil
}

// weight is what a selection set holds once its fragments are written out.
type weight struct {
	depth         int // of fields that are not introspection
	introspection int // depth under and with __schema or __type
	roots         int // fields of the set itself
	selections    int // fields, inline fragments and spreads
	aliases       int
}

// with adds what stands beside w in the same set.
func (w weight) with(o weight) weight {
	return weight{
		depth:         max(w.depth, o.depth),
		introspection: max(w.introspection, o.introspection),
		roots:         add(w.roots, o.roots),
		selections:    add(w.selections, o.selections),
		aliases:       add(w.aliases, o.aliases),
	}
}

// or keeps the larger of each, for sets of which one will run.
func (w weight) or(o weight) weight {
	return weight{
		depth:         max(w.depth, o.depth),
		introspection: max(w.introspection, o.introspection),
		roots:         max(w.roots, o.roots),
		selections:    max(w.selections, o.selections),
		aliases:       max(w.aliases, o.aliases),
	}
}

// within is w as seen from a set around it, which has other roots.
func (w weight) within() weight {
	w.roots = 0
	return w
}

// counted is w with the selection that holds it.
func (w weight) counted() weight {
	w.selections = add(w.selections, 1)
	return w
}

// under is w below one field.
func (w weight) under(field *ast.Field) weight {
	w = w.within()
	if field.Name == "__schema" || field.Name == "__type" {
		w.introspection, w.depth = w.depth+1, 0
	} else {
		w.depth++
	}
	w.roots = 1
	w = w.counted()
	if field.Alias != field.Name {
		w.aliases = add(w.aliases, 1)
	}
	return w
}
