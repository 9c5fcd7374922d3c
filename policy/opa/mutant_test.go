package opa

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
)

// mutant is one small change of a policy, at one place.
type mutant struct {
	what string // what the change does
	at   *ast.Location
	make func() // changes the module that it was read off
}

func (m mutant) String() string { return fmt.Sprintf("%s:%d: %s", m.at.File, m.at.Row, m.what) }

// mutantsOf lists every change of module that this test knows: a rule that
// never applies, a condition that always holds or is turned around, a bound
// moved by one, a literal changed, a member left out, or all of them taken in.
// The same module gives the same list, so that one of its copies can be changed
// by number.
func mutantsOf(module *ast.Module) []mutant {
	var found []mutant
	add := func(at *ast.Location, change func(), what string, args ...any) {
		if at != nil { // else it is implied, and written nowhere
			found = append(found, mutant{fmt.Sprintf(what, args...), at, change})
		}
	}
	covered := map[*ast.Term]bool{} // by another mutant already
	ast.WalkRules(module, func(rule *ast.Rule) bool {
		name := rule.Head.Ref().String()
		if body, ok := rule.Body[0].Terms.(*ast.Term); ok && rule.Default {
			covered[body] = true // implied
			add(rule.Location, func() { module.Rules = slices.DeleteFunc(module.Rules, rule.Equal) }, "%s has no default", name)
		} else {
			add(rule.Location, func() { rule.Body = ast.NewBody(ast.NewExpr(ast.BooleanTerm(false))) }, "%s never applies", name)
		}
		return false
	})
	everything := ast.NewSet()
	for _, rule := range module.Rules {
		ast.WalkExprs(rule, func(e *ast.Expr) bool {
			conditions(e, add)
			return false
		})
		ast.WalkTerms(rule, func(term *ast.Term) bool {
			switch value := term.Value.(type) {
			case ast.Ref:
				return true // names of fields; the schema holds them
			case ast.Set:
				value.Foreach(func(member *ast.Term) { covered[member] = true })
				everything = everything.Union(value)
			case ast.Object:
				value.Foreach(func(key, _ *ast.Term) { covered[key] = true })
			}
			if !covered[term] {
				literals(term, add)
			}
			return false
		})
	}
	for _, rule := range module.Rules {
		ast.WalkTerms(rule, func(term *ast.Term) bool {
			if set, ok := term.Value.(ast.Set); ok && everything.Diff(set).Len() > 0 {
				add(term.Location, func() { term.Value = everything }, "%s is %s", term, everything)
			}
			return false
		})
	}
	return found
}

// adder takes what make does, if it is done at a place that is written.
type adder func(at *ast.Location, change func(), what string, args ...any)

// conditions adds what becomes of one line of a rule's body.
func conditions(e *ast.Expr, add adder) {
	if b, ok := e.Terms.(*ast.Term); ok && b.Equal(ast.BooleanTerm(true)) {
		return // no condition: the body of a rule without one
	}
	if _, declares := e.Terms.(*ast.SomeDecl); declares || e.IsAssignment() {
		return // it names something; what is asked of it comes after
	}
	text := e.String()
	add(e.Location, func() { *e = *ast.NewExpr(ast.BooleanTerm(true)) }, "without %q", text)
	if !e.IsEvery() {
		add(e.Location, func() { e.Negated = !e.Negated }, "%q turned around", text)
	}
	bound := map[string]*ast.Builtin{
		ast.LessThan.Name: ast.LessThanEq, ast.LessThanEq.Name: ast.LessThan,
		ast.GreaterThan.Name: ast.GreaterThanEq, ast.GreaterThanEq.Name: ast.GreaterThan,
	}
	if e.IsCall() {
		if other := bound[e.Operator().String()]; other != nil {
			add(e.Location, func() { e.SetOperator(ast.NewTerm(other.Ref())) }, "%q with %s", text, other.Infix)
		}
	}
}

// literals adds what becomes of one value that is written out.
func literals(term *ast.Term, add adder) {
	switch value := term.Value.(type) {
	case ast.String:
		add(term.Location, func() { term.Value = ast.String("mutant") }, "%s changed", term)
	case ast.Boolean:
		add(term.Location, func() { term.Value = !value }, "%s turned around", term)
	case ast.Number:
		if n, ok := value.Int(); ok {
			add(term.Location, func() { term.Value = ast.Number(json.Number(strconv.Itoa(n + 1))) }, "%d and one", n)
		}
	case ast.Set:
		if value.Len() == 1 {
			return // the same as no key or no rule
		}
		value.Foreach(func(member *ast.Term) {
			add(member.Location, func() { term.Value = value.Diff(ast.NewSet(member)) }, "%s without %s", term, member)
		})
	case ast.Object:
		value.Foreach(func(key, _ *ast.Term) {
			add(key.Location, func() { term.Value = without(value, key) }, "no %s", key)
		})
	}
}

func without(object ast.Object, key *ast.Term) ast.Object {
	rest := ast.NewObject()
	object.Foreach(func(k, v *ast.Term) {
		if !k.Equal(key) {
			rest.Insert(k, v)
		}
	})
	return rest
}
