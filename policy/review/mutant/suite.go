package mutant

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/tester"
)

// errNoticed means that a test of the policies does not pass as before.
var errNoticed = errors.New("a test does not pass")

// suite is the tests beside the policies, each with its value when nothing is
// changed: true, or for a table the cases that pass.
type suite struct{ before map[string]ast.Value }

func newSuite(ctx context.Context, p policies) (suite, error) {
	before, err := answers(ctx, p, nil)
	return suite{before}, err
}

// notices asks the tests beside the changed file, which are quickly compiled and
// nearly always notice, and then all of them. The error of a test that notices
// is errNoticed and names it.
func (s suite) notices(ctx context.Context, changed policies, file string) error {
	if near := changed.beside(file); len(near) > 0 {
		if _, err := answers(ctx, near, s.before); err != nil {
			return err
		}
	}
	_, err := answers(ctx, changed, s.before)
	return err
}

// answers evaluates the tests of p, each to its value. It ends with errNoticed at
// the first that is not as before.
func answers(ctx context.Context, p policies, before map[string]ast.Value) (map[string]ast.Value, error) {
	c := compiler()
	if c.Compile(p); c.Failed() {
		for _, e := range c.Errors {
			if isTest(e.Location.File) {
				return nil, errors.Join(errNoticed, e)
			}
		}
		return nil, errors.Join(errStillborn, c.Errors)
	}
	passed := map[string]ast.Value{}
	for _, test := range p.tests() {
		results, err := oparego.New(oparego.Compiler(c), oparego.ParsedQuery(ast.NewBody(ast.NewExpr(ast.NewTerm(test)))),
			oparego.StrictBuiltinErrors(true), oparego.GenerateJSON(keepValue)).Eval(ctx)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		name := test.String()
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", name, errNoticed, err)
		}
		for _, r := range results {
			passed[name], _ = r.Expressions[0].Value.(ast.Value)
		}
		if before != nil && (passed[name] == nil || passed[name].Compare(before[name]) != 0) {
			return nil, fmt.Errorf("%s: %w", name, errNoticed)
		}
	}
	return passed, nil
}

// tests names every test rule, in a stable order.
func (p policies) tests() []ast.Ref {
	var tests []ast.Ref
	for _, name := range slices.Sorted(maps.Keys(p)) {
		for _, rule := range p[name].Rules {
			ref := rule.Ref().GroundPrefix()
			if last := ref[len(ref)-1]; strings.HasPrefix(strings.Trim(last.String(), `"`), tester.TestPrefix) {
				tests = append(tests, ref)
			}
		}
	}
	return tests
}

// keepValue keeps a result as the evaluator has it.
func keepValue(t *ast.Term, _ *oparego.EvalContext) (any, error) { return t.Value, nil }
