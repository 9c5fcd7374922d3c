package lint

import (
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// node is a piece of a policy as the rules see it. OPA's own JSON of a module
// has locations only behind a switch of the whole process, which would change
// every document that a server writes meanwhile; so the tree is built here, with
// names already resolved:
//
//	ref      root (input, data, local: then value, and whether declared), path, to (its ground prefix when root is
//	         data), rules (the rules that it can mean)
//	call     op (a built-in) or rules (functions of ours), args
//	expr     negated, replacing (by with), text, of: one of the others, or
//	some     names; in: key, value, domain; every: key, value, domain, body
//	object   items of key and value; array, set: items
//	...comprehension   term or key and value, body
//	string, number, boolean, null: value
//	var (or ref without path, when nothing declares it): value, its name; rules,
//	         when a rule has that name too and it may be meant
//
// Each has type and, where it is written, at (file:row:col).
type node = map[string]any

// module is the reader of one file.
type module struct {
	ast     *ast.Module
	imports map[string]ast.Ref
	known   names
	local   map[ast.Var]bool // of the clause that is being read
}

// at is a place as text, which is a third of the tree that an object would be.
func at(l *ast.Location) string { return fmt.Sprintf("%s:%d:%d", l.File, l.Row, l.Col) }

// clauses is a rule as a list: itself and what comes after each else.
func (m *module) clauses(rule *ast.Rule) []any {
	m.local = map[ast.Var]bool{}
	for _, arg := range rule.Head.Args {
		m.declare(arg)
	}
	ast.WalkExprs(rule, m.declared)
	var all []any
	for r := rule; r != nil; r = r.Else {
		where := r.Head.Location
		if where == nil || where.Row == 0 {
			where = r.Location
		}
		clause := node{
			"type": "clause", "at": at(where), "name": string(rule.Head.Name), "default": r.Default, "else": r != rule,
			"multi": r.Head.Key != nil && r.Head.Value == nil, "body": m.body(r.Body), "args": m.terms(r.Head.Args),
			"annotations": annotations(m.ast, r.Annotations),
		}
		if r.Head.Key != nil {
			clause["key"] = m.term(r.Head.Key)
		}
		if r.Head.Value != nil {
			clause["value"] = m.term(r.Head.Value)
		}
		all = append(all, clause)
	}
	return all
}

// declared notes what an expression declares.
func (m *module) declared(e *ast.Expr) bool {
	switch terms := e.Terms.(type) {
	case *ast.SomeDecl:
		for _, symbol := range terms.Symbols {
			if call, ok := symbol.Value.(ast.Call); ok {
				for _, name := range call[1 : len(call)-1] {
					m.declare(name)
				}
			} else {
				m.declare(symbol)
			}
		}
	case *ast.Every:
		m.declare(terms.Key)
		m.declare(terms.Value)
	case []*ast.Term:
		if e.IsAssignment() {
			m.declare(terms[1])
		}
	}
	return false
}

func (m *module) declare(names *ast.Term) {
	if names != nil {
		ast.WalkVars(names, func(v ast.Var) bool { m.local[v] = true; return false })
	}
}

// body leaves out the "true" that the parser puts where nothing is written.
func (m *module) body(body ast.Body) []any {
	all := []any{}
	for _, e := range body {
		if !e.Generated {
			all = append(all, m.expr(e))
		}
	}
	return all
}

func (m *module) expr(e *ast.Expr) node {
	n := node{"type": "expr", "at": at(e.Location), "text": string(e.Location.Text)}
	if e.Negated {
		n["negated"] = true
	}
	if len(e.With) > 0 {
		var with []any
		for _, w := range e.With {
			with = append(with, node{"at": at(w.Location), "target": m.term(w.Target), "value": m.term(w.Value)})
		}
		n["replacing"] = with
	}
	switch terms := e.Terms.(type) {
	case *ast.Term:
		n["of"] = m.term(terms)
	case []*ast.Term:
		n["of"] = m.call(terms, e.Location)
	case *ast.SomeDecl:
		n["of"] = m.some(terms)
	case *ast.Every:
		every := node{
			"type": "every", "at": at(terms.Location), "value": m.term(terms.Value),
			"domain": m.term(terms.Domain), "body": m.body(terms.Body),
		}
		if terms.Key != nil {
			every["key"] = m.term(terms.Key)
		}
		n["of"] = every
	}
	return n
}

func (m *module) some(decl *ast.SomeDecl) node {
	call, ok := decl.Symbols[0].Value.(ast.Call)
	if !ok {
		return node{"type": "some", "at": at(decl.Location), "names": m.terms(decl.Symbols)}
	}
	in := node{"type": "in", "at": at(decl.Location), "value": m.term(call[len(call)-2]), "domain": m.term(call[len(call)-1])}
	if len(call) == 4 {
		in["key"] = m.term(call[1])
	}
	return in
}

func (m *module) call(terms []*ast.Term, where *ast.Location) node {
	n := node{"type": "call", "at": at(where), "args": m.terms(terms[1:])}
	operator, ok := terms[0].Value.(ast.Ref)
	if !ok {
		return n
	}
	if rules := m.ref(operator, where)["rules"]; rules != nil {
		n["rules"] = rules
	} else {
		n["op"] = operator.String()
	}
	return n
}

func (m *module) terms(all []*ast.Term) []any {
	nodes := make([]any, 0, len(all))
	for _, t := range all {
		nodes = append(nodes, m.term(t))
	}
	return nodes
}

// sorted puts the members of a set as they are written.
func (m *module) sorted(set ast.Set) []any {
	members := set.Slice()
	slices.SortStableFunc(members, func(a, b *ast.Term) int { return a.Location.Compare(b.Location) })
	return m.terms(members)
}
