package lint

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// term is one value, name or computation. Whatever kind of it a later language
// has is kept with its type, so that a rule can refuse it.
func (m *module) term(t *ast.Term) node {
	n := node{"type": ast.ValueName(t.Value)}
	if t.Location != nil {
		n["at"] = at(t.Location)
	}
	switch v := t.Value.(type) {
	case ast.Var:
		if m.local[v] || v.IsWildcard() {
			n["value"] = string(v)
			if rules := m.known.under(dotted(m.ast.Package.Path.Append(ast.StringTerm(string(v))))); len(rules) > 0 {
				n["rules"] = rules
			}
			return n
		}
		return m.ref(ast.Ref{t}, t.Location)
	case ast.Ref:
		return m.ref(v, t.Location)
	case ast.Call:
		return m.call(v, t.Location)
	case ast.String:
		n["value"] = string(v)
	case ast.Boolean:
		n["value"] = bool(v)
	case ast.Number:
		n["value"], _ = v.Float64()
	case *ast.Array:
		items := []any{}
		v.Foreach(func(item *ast.Term) { items = append(items, m.term(item)) })
		n["items"] = items
	case ast.Set:
		n["items"] = m.sorted(v)
	case ast.Object:
		items := []any{}
		v.Foreach(func(key, value *ast.Term) { items = append(items, node{"key": m.term(key), "value": m.term(value)}) })
		n["items"] = items
	case *ast.ArrayComprehension:
		n["term"], n["body"] = m.term(v.Term), m.body(v.Body)
	case *ast.SetComprehension:
		n["term"], n["body"] = m.term(v.Term), m.body(v.Body)
	case *ast.ObjectComprehension:
		n["key"], n["value"], n["body"] = m.term(v.Key), m.term(v.Value), m.body(v.Body)
	case *ast.TemplateString:
		n["parts"] = m.parts(v.Parts)
	}
	return n
}

func (m *module) parts(parts []ast.Node) []any {
	nodes := []any{}
	for _, part := range parts {
		switch p := part.(type) {
		case *ast.Term:
			nodes = append(nodes, m.term(p))
		case *ast.Expr:
			nodes = append(nodes, m.expr(p))
		}
	}
	return nodes
}

// ref resolves the head of a ref: input, data, a name of this clause, an import,
// or a rule beside it. A name that is none of these is a name of this clause that
// nothing declares.
func (m *module) ref(ref ast.Ref, where *ast.Location) node {
	n := node{"type": "ref", "root": "local", "text": ref.String()}
	if where != nil {
		n["at"] = at(where)
	}
	head, ok := ref[0].Value.(ast.Var)
	if !ok { // a call or a literal with an index
		n["head"], n["path"] = m.term(ref[0]), m.terms(ref[1:])
		return n
	}
	full := ref
	if imported, ok := m.imports[string(head)]; ok && !m.local[head] {
		full = imported.Concat(ref[1:])
	} else if own := m.ast.Package.Path.Append(ast.StringTerm(string(head))); !m.local[head] && len(m.known.under(dotted(own))) > 0 {
		full = own.Concat(ref[1:])
	}
	n["path"] = m.terms(full[1:])
	switch {
	case full[0].Equal(ast.InputRootDocument):
		n["root"] = "input"
	case full[0].Equal(ast.DefaultRootDocument):
		to := dotted(full)
		n["root"], n["to"] = "data", to
		rules := m.known.under(to)
		n["rules"] = rules
		// What is looked up in the rule, beyond its name.
		if len(rules) == 1 && strings.HasPrefix(to+".", rules[0]+".") {
			n["path"] = m.terms(full[strings.Count(rules[0], ".")+1:])
		}
	default:
		n["value"], n["declared"] = string(head), m.local[head]
	}
	return n
}

// annotations are METADATA blocks, with the lines that they are written in.
func annotations(m *ast.Module, all []*ast.Annotations) []any {
	nodes := []any{}
	for _, a := range all {
		lines := []any{}
		row := a.Location.Row
		for _, comment := range m.Comments {
			if comment.Location.Row == row {
				row++
				lines = append(lines, node{"at": at(comment.Location), "text": strings.TrimSpace(string(comment.Text))})
			}
		}
		custom := a.Custom
		if custom == nil {
			custom = map[string]any{}
		}
		nodes = append(nodes, node{
			"at": at(a.Location), "scope": a.Scope, "title": a.Title, "description": a.Description,
			"entrypoint": a.Entrypoint, "custom": custom, "lines": lines,
		})
	}
	return nodes
}
