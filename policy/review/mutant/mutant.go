// Package mutant changes a policy in one small place at a time and asks who
// notices: the tests beside the policies, decisions that were recorded, or those
// with one field changed. What nobody notices is a guard that nobody tests, or
// one that nobody needs.
package mutant

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Sort is what a change does.
type Sort string

// The sorts of change.
const (
	Removed Sort = "condition_removed" // a condition always holds
	Turned  Sort = "condition_turned"  // a condition holds when it did not
	Bound   Sort = "bound_moved"       // a comparison takes its bound in, or no longer
	Rule    Sort = "rule_removed"      // a rule never applies, or has no default
	Literal Sort = "literal_changed"   // a value that is written out is another
	LeftOut Sort = "member_left_out"   // a set or object has one member less
	TakenIn Sort = "all_taken_in"      // a set has every member of any set in the file
)

// Mutant is one small change of a policy, at one place.
type Mutant struct {
	Sort Sort   `json:"sort"`
	What string `json:"what"` // what the change does, in words
	File string `json:"file"`
	Line int    `json:"line"`
	// Text is what is written at the place, on one line: the condition.
	Text string `json:"text"`

	number int    // in the list of its module
	change func() // changes the module that it was read off
}

// String is "file:line: what".
func (m Mutant) String() string { return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.What) }

// Of lists every change of module that this package knows: a rule that never
// applies, a condition that always holds or is turned around, a bound moved by
// one, a literal changed, a member left out, or all of them taken in. The same
// module gives the same list, so that one of its copies can be changed by number.
func Of(module *ast.Module) []Mutant {
	f := &finder{covered: map[*ast.Term]bool{}}
	ast.WalkRules(module, func(rule *ast.Rule) bool {
		name := rule.Head.Ref().String()
		if body, ok := rule.Body[0].Terms.(*ast.Term); ok && rule.Default {
			f.covered[body] = true // implied
			f.add(Rule, rule.Location, func() { module.Rules = slices.DeleteFunc(module.Rules, rule.Equal) }, "%s has no default", name)
		} else {
			f.add(Rule, rule.Location, func() { rule.Body = ast.NewBody(ast.NewExpr(ast.BooleanTerm(false))) }, "%s never applies", name)
		}
		return false
	})
	everything := ast.NewSet()
	for _, rule := range module.Rules {
		ast.WalkExprs(rule, func(e *ast.Expr) bool {
			f.conditions(e)
			return false
		})
		ast.WalkTerms(rule, func(term *ast.Term) bool {
			switch value := term.Value.(type) {
			case ast.Ref:
				return true // names of fields; the schema holds them
			case ast.Set:
				value.Foreach(func(member *ast.Term) { f.covered[member] = true })
				everything = everything.Union(value)
			case ast.Object:
				value.Foreach(func(key, _ *ast.Term) { f.covered[key] = true })
			}
			if !f.covered[term] {
				f.literals(term)
			}
			return false
		})
	}
	for _, rule := range module.Rules {
		ast.WalkTerms(rule, func(term *ast.Term) bool {
			if set, ok := term.Value.(ast.Set); ok && everything.Diff(set).Len() > 0 {
				f.add(TakenIn, term.Location, func() { term.Value = everything }, "%s is %s", term, everything)
			}
			return false
		})
	}
	return f.found
}

// finder collects mutants of one module.
type finder struct {
	found   []Mutant
	covered map[*ast.Term]bool // by another mutant already
}

// add takes what change does, if it is done at a place that is written.
func (f *finder) add(sort Sort, at *ast.Location, change func(), what string, args ...any) {
	if at != nil { // else it is implied, and written nowhere
		f.found = append(f.found, Mutant{
			Sort: sort, What: fmt.Sprintf(what, args...), File: at.File, Line: at.Row, Text: oneLine(at.Text),
			number: len(f.found), change: change,
		})
	}
}

// conditions adds what becomes of one line of a rule's body.
func (f *finder) conditions(e *ast.Expr) {
	if b, ok := e.Terms.(*ast.Term); ok && b.Equal(ast.BooleanTerm(true)) {
		return // no condition: the body of a rule without one
	}
	if _, declares := e.Terms.(*ast.SomeDecl); declares || e.IsAssignment() {
		return // it names something; what is asked of it comes after
	}
	text := e.String()
	f.add(Removed, e.Location, func() { *e = *ast.NewExpr(ast.BooleanTerm(true)) }, "without %q", text)
	if !e.IsEvery() {
		f.add(Turned, e.Location, func() { e.Negated = !e.Negated }, "%q turned around", text)
	}
	bound := map[string]*ast.Builtin{
		ast.LessThan.Name: ast.LessThanEq, ast.LessThanEq.Name: ast.LessThan,
		ast.GreaterThan.Name: ast.GreaterThanEq, ast.GreaterThanEq.Name: ast.GreaterThan,
	}
	if e.IsCall() {
		if other := bound[e.Operator().String()]; other != nil {
			f.add(Bound, e.Location, func() { e.SetOperator(ast.NewTerm(other.Ref())) }, "%q with %s", text, other.Infix)
		}
	}
}

// literals adds what becomes of one value that is written out.
func (f *finder) literals(term *ast.Term) {
	switch value := term.Value.(type) {
	case ast.String:
		f.add(Literal, term.Location, func() { term.Value = ast.String("mutant") }, "%s changed", term)
	case ast.Boolean:
		f.add(Literal, term.Location, func() { term.Value = !value }, "%s turned around", term)
	case ast.Number:
		if n, ok := value.Int(); ok {
			f.add(Literal, term.Location, func() { term.Value = ast.Number(json.Number(strconv.Itoa(n + 1))) }, "%d and one", n)
		}
	case ast.Set:
		if value.Len() == 1 {
			return // the same as no key or no rule
		}
		value.Foreach(func(member *ast.Term) {
			f.add(LeftOut, member.Location, func() { term.Value = value.Diff(ast.NewSet(member)) }, "%s without %s", term, member)
		})
	case ast.Object:
		value.Foreach(func(key, _ *ast.Term) {
			f.add(LeftOut, key.Location, func() { term.Value = without(value, key) }, "no %s", key)
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
