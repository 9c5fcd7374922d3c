package mutant

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy/opa"
)

// errStillborn means that a mutant does not compile. Nobody could make it by
// mistake, so it stands for nothing.
var errStillborn = errors.New("the mutant does not compile")

// policies are modules of one's own: what reads them sorts and hashes them in
// place, so that two goroutines cannot share any.
type policies map[string]*ast.Module

func read(files fs.FS) (policies, error) {
	modules, err := opa.Modules(files, true)
	return modules, err
}

func isTest(file string) bool { return strings.HasSuffix(file, "_test.rego") }

// served names the modules that are no tests, in order.
func (p policies) served() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p)), isTest)
}

// with is p with one mutant made.
func (p policies) with(m Mutant) (policies, error) {
	changed, err := rewritten(p[m.File], m.number)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(p)
	all[m.File] = changed
	return all, nil
}

// rewritten is a copy of module with one of its mutants made. It goes through
// text, because the evaluator keeps hashes of what it has read.
func rewritten(module *ast.Module, number int) (*ast.Module, error) {
	c := module.Copy()
	Of(c)[number].change()
	changed, err := ast.ParseModuleWithOpts(module.Package.Location.File, c.String(), ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return nil, errors.Join(errStillborn, err)
	}
	return changed, nil
}

// beside are the modules that the tests beside file need; none where there are
// no such tests.
func (p policies) beside(file string) policies {
	near := policies{}
	var need func(name string)
	need = func(name string) {
		near[name] = p[name]
		for _, i := range p[name].Imports {
			for other, m := range p {
				if near[other] == nil && i.Path.Value.Compare(m.Package.Path) == 0 {
					need(other)
				}
			}
		}
	}
	if tests := strings.TrimSuffix(file, ".rego") + "_test.rego"; p[tests] != nil {
		need(tests)
	}
	return near
}

// compiler compiles without the checks for unused names and misspelt fields:
// what a strict one would refuse for those alone is a mutant still.
func compiler() *ast.Compiler { return ast.NewCompiler().WithDefaultRegoVersion(ast.RegoV1) }

func oneLine(text []byte) string { return strings.Join(strings.Fields(string(text)), " ") }
