package opa

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/voxanne/cascade/policy/mutation"
	"github.com/voxanne/cascade/policy/rego"
)

var (
	errNoticed   = errors.New("a test does not pass")
	errStillborn = errors.New("the mutant does not compile")
)

// Whatever is changed in a policy, the tests beside the policies notice. What
// they do not notice is a condition that nobody tests, or one that nobody needs.
func TestEveryMutantOfThePoliciesIsNoticed(t *testing.T) {
	t.Parallel()
	modules := read(t)
	type job struct {
		file   string
		number int
		name   string
	}
	jobs := make(chan job)
	var score mutation.Score
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		// Policies of its own: what reads them sorts and hashes them in place.
		modules := read(t)
		passing, err := answers(t.Context(), modules, nil)
		if err != nil {
			t.Fatal(err)
		}
		workers.Go(func() {
			for j := range jobs {
				if err := tryOut(t.Context(), modules, j.file, j.number, passing); errors.Is(err, errStillborn) {
					score.Stillborn()
				} else {
					score.Add(j.name, errors.Is(err, errNoticed))
				}
			}
		})
	}
	for _, file := range slices.Sorted(maps.Keys(policies(modules))) {
		for i, m := range mutantsOf(modules[file]) {
			jobs <- job{file, i, m.String()}
		}
	}
	close(jobs)
	workers.Wait()
	score.Report(t, "the policies", 300)
}

func read(t *testing.T) map[string]*ast.Module {
	t.Helper()
	modules, err := Modules(rego.Files, true)
	if err != nil {
		t.Fatal(err)
	}
	return modules
}

// tryOut makes one mutant of a file and asks the tests beside it, which are
// quickly compiled and nearly always notice, and then all of them.
func tryOut(ctx context.Context, modules map[string]*ast.Module, file string, number int, passing map[string]ast.Value) error {
	mutant, err := rewritten(modules[file], number)
	if err != nil {
		return err
	}
	changed := maps.Clone(modules)
	changed[file] = mutant
	if _, err := answers(ctx, beside(file, changed), passing); err != nil {
		return err
	}
	_, err = answers(ctx, changed, passing)
	return err
}

// beside are the modules that the tests beside file need.
func beside(file string, modules map[string]*ast.Module) map[string]*ast.Module {
	near := map[string]*ast.Module{}
	var need func(name string)
	need = func(name string) {
		near[name] = modules[name]
		for _, i := range modules[name].Imports {
			for other, m := range modules {
				if near[other] == nil && i.Path.Value.Compare(m.Package.Path) == 0 {
					need(other)
				}
			}
		}
	}
	need(strings.TrimSuffix(file, ".rego") + "_test.rego")
	return near
}

// rewritten is a copy of module with one of its mutants made. It goes through
// text, because the evaluator keeps hashes of what it has read.
func rewritten(module *ast.Module, number int) (*ast.Module, error) {
	c := module.Copy()
	mutantsOf(c)[number].make()
	changed, err := ast.ParseModuleWithOpts(module.Package.Location.File, c.String(), ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return nil, errors.Join(errStillborn, err)
	}
	return changed, nil
}

// answers evaluates the tests of modules, each to its value: true, or for a
// table the cases that pass. It ends with errNoticed at the first that is not
// as before. It compiles without the checks for unused names and misspelt
// fields: what the compiler would refuse for those alone is a mutant still.
func answers(ctx context.Context, modules map[string]*ast.Module, before map[string]ast.Value) (map[string]ast.Value, error) {
	compiler := ast.NewCompiler().WithDefaultRegoVersion(ast.RegoV1)
	if compiler.Compile(modules); compiler.Failed() {
		for _, e := range compiler.Errors {
			if strings.HasSuffix(e.Location.File, "_test.rego") {
				return nil, errors.Join(errNoticed, e)
			}
		}
		return nil, errors.Join(errStillborn, compiler.Errors)
	}
	passed := map[string]ast.Value{}
	for _, test := range testsOf(modules) {
		results, err := oparego.New(oparego.Compiler(compiler), oparego.ParsedQuery(ast.NewBody(ast.NewExpr(ast.NewTerm(test)))),
			oparego.StrictBuiltinErrors(true), oparego.GenerateJSON(keepValue)).Eval(ctx)
		if err != nil {
			return nil, errors.Join(errNoticed, err)
		}
		name := test.String()
		for _, r := range results {
			passed[name], _ = r.Expressions[0].Value.(ast.Value)
		}
		if before != nil && (passed[name] == nil || passed[name].Compare(before[name]) != 0) {
			return nil, fmt.Errorf("%s: %w", name, errNoticed)
		}
	}
	return passed, nil
}

// testsOf names every test rule, in a stable order.
func testsOf(modules map[string]*ast.Module) []ast.Ref {
	var tests []ast.Ref
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		for _, rule := range modules[name].Rules {
			ref := rule.Ref().GroundPrefix()
			if last := ref[len(ref)-1]; strings.HasPrefix(strings.Trim(last.String(), `"`), tester.TestPrefix) {
				tests = append(tests, ref)
			}
		}
	}
	return tests
}

// policies leaves out the tests.
func policies(modules map[string]*ast.Module) map[string]*ast.Module {
	out := maps.Clone(modules)
	maps.DeleteFunc(out, func(name string, _ *ast.Module) bool { return strings.HasSuffix(name, "_test.rego") })
	return out
}
