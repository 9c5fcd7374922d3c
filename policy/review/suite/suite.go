// Package suite runs the tests that stand beside policies, and says what they do
// not reach: lines, with the reason why, and reasons of decisions.
package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/voxanne/cascade/policy/opa"
)

// perTest bounds one test rule: far more than a sane one takes.
const perTest = time.Minute

// Config says what to run; the zero value runs every test.
type Config struct {
	// Filter is a regular expression that the full name of a test must match
	// (data.cascade.member_test.test_member); "" matches all. Coverage is of what
	// ran, so Report leaves it out when there is a filter.
	Filter string
	// Builtins are functions that the tests may call beside those of the policies.
	Builtins []*tester.Builtin
}

// Run runs the tests of the policies in files as they are compiled for service:
// strict, with the schema of the input and the allowed built-ins. An error inside
// a built-in, which elsewhere would be undefined and pass unseen, fails the test.
// What does not parse or compile is an ast.Errors.
func Run(ctx context.Context, files fs.FS, c Config) (Report, error) {
	modules, err := opa.Modules(files, true)
	if err != nil {
		return Report{}, fmt.Errorf("reading policies: %w", err)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(modules)), isTest) {
		return Report{}, ErrNoTests
	}
	return RunModules(ctx, modules, func() (*ast.Compiler, error) {
		compiler, err := opa.NewCompiler(files)
		if err != nil {
			return nil, err
		}
		return compiler.WithCapabilities(marked(opa.Capabilities())).WithEnablePrintStatements(true), nil
	}, c)
}

// RunModules is Run for modules that are parsed, with compilers of the caller's:
// the tester adds stages to the one that it is given, so each run has its own.
func RunModules(ctx context.Context, modules map[string]*ast.Module, compiler func() (*ast.Compiler, error), c Config) (Report, error) {
	first, err := run(ctx, modules, compiler, c)
	if err != nil {
		return Report{}, err
	}
	report := Report{Tests: first.tests, Untested: untested(modules, first.tests)}
	if c.Filter == "" {
		report.Files = coverage(modules, first.coverage)
		report.Reasons = reasons(modules, first.reasons.seen)
	}
	return report, nil
}

// marked adds the call with which the tester marks each case of a table.
func marked(c *ast.Capabilities) *ast.Capabilities {
	c.Builtins = append(slices.Clone(c.Builtins), ast.BuiltinMap["internal.test_case"])
	return c
}

// outcome is one run over all tests.
type outcome struct {
	tests    []Test
	coverage *cover.Cover
	reasons  *reasonTracer
}

func run(ctx context.Context, modules map[string]*ast.Module, compiler func() (*ast.Compiler, error), c Config) (outcome, error) {
	o := outcome{coverage: cover.New(), reasons: &reasonTracer{seen: map[string]bool{}}}
	tests := func(with func(*tester.Runner) *tester.Runner) ([]*tester.Result, error) {
		compiled, err := compiler()
		if err != nil {
			return nil, err
		}
		return collect(ctx, with(tester.NewRunner().
			SetCompiler(compiled).
			SetModules(modules).
			AddCustomBuiltins(c.Builtins).
			RaiseBuiltinErrors(true).
			CapturePrintOutput(true).
			SetTimeout(perTest).
			Filter(c.Filter)))
	}
	results, err := tests(func(r *tester.Runner) *tester.Runner { return r.SetCoverageQueryTracer(o.coverage) })
	if err != nil {
		return o, err
	}
	for _, r := range results {
		o.tests = append(o.tests, newTest(r))
	}
	// A run of its own: the tester takes one tracer.
	if _, err := tests(func(r *tester.Runner) *tester.Runner { return r.SetCoverageQueryTracer(o.reasons) }); err != nil {
		return o, err
	}
	if slices.ContainsFunc(o.tests, Test.failed) {
		traced, err := tests(func(r *tester.Runner) *tester.Runner { return r.EnableTracing(true) })
		if err != nil {
			return o, err
		}
		explain(o.tests, traced)
	}
	slices.SortFunc(o.tests, func(a, b Test) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Name, b.Name))
	})
	return o, nil
}

// collect runs the tests and waits for all of them.
func collect(ctx context.Context, runner *tester.Runner) ([]*tester.Result, error) {
	ch, err := runner.RunTests(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("compiling the tests: %w", err)
	}
	var all []*tester.Result
	for r := range ch {
		all = append(all, r)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("running the tests: %w", err)
	}
	return all, nil
}

func newTest(r *tester.Result) Test {
	t := Test{
		Package: strings.TrimPrefix(r.Package, "data."), Name: r.Name, File: r.Location.File, Line: r.Location.Row,
		Seconds: r.Duration.Seconds(), Output: string(r.Output), Outcome: Passed,
	}
	for names, sub := range r.SubResults.Iter {
		if len(sub.SubResults) == 0 {
			t.Cases = append(t.Cases, Case{Name: strings.Join(names, "/"), Failed: sub.Fail})
		}
	}
	switch {
	case r.Error != nil:
		t.Outcome, t.Error = Broken, r.Error.Error()
	case r.Skip:
		t.Outcome = Skipped
	case r.Fail:
		t.Outcome = Failed
	}
	return t
}

func isTest(file string) bool { return strings.HasSuffix(path.Base(file), "_test.rego") }

// untested are the policies without tests of their own package.
func untested(modules map[string]*ast.Module, tests []Test) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		has := func(t Test) bool { return "data."+t.Package == modules[name].Package.Path.String()+"_test" }
		if !isTest(name) && !slices.ContainsFunc(tests, has) {
			names = append(names, name)
		}
	}
	return names
}

// ErrNoTests means that there was nothing to run.
var ErrNoTests = errors.New("no tests")
