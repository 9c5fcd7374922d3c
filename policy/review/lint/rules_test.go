package lint

import (
	"fmt"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/types"

	"github.com/voxanne/cascade/policy/review/suite"
)

// The tests beside the rules pass, and reach every line of them.
func TestRulesAreTested(t *testing.T) {
	t.Parallel()
	modules, err := ruleModules(true)
	if err != nil {
		t.Fatal(err)
	}
	known := ast.CapabilitiesForThisVersion()
	known.Builtins = append(known.Builtins, reading.Decl)
	report, err := suite.RunModules(t.Context(), modules, func() (*ast.Compiler, error) {
		return ast.NewCompiler().WithStrict(true).WithCapabilities(known), nil
	}, suite.Config{Builtins: []*tester.Builtin{reading}})
	if err != nil {
		t.Fatal(err)
	}
	for _, gap := range report.Gaps(100) {
		t.Error(gap)
	}
	for _, test := range report.Tests {
		if test.Outcome == suite.Passed {
			continue
		}
		t.Errorf("%s:%d: %s: %s %s", test.File, test.Line, test.Name, test.At, test.Error)
		for _, c := range test.Cases {
			if c.Failed {
				t.Errorf("    %s: %s", c.Name, c.At)
			}
		}
	}
	for _, f := range report.Files {
		for _, r := range f.Ranges {
			t.Errorf("%s:%d-%d is not covered: %s", f.Name, r.From, r.To, r.Why)
		}
	}
}

// reading gives the tests the tree of policies that they write out: an object of
// names and texts becomes what the rules are given.
var reading = &tester.Builtin{
	Decl: &ast.Builtin{Name: "lint.read", Decl: types.NewFunction(types.Args(types.A), types.A)},
	Func: oparego.Function1(
		&oparego.Function{Name: "lint.read", Decl: types.NewFunction(types.Args(types.A), types.A)},
		func(_ oparego.BuiltinContext, files *ast.Term) (*ast.Term, error) {
			texts, ok := files.Value.(ast.Object)
			if !ok {
				return nil, fmt.Errorf("lint.read takes an object, not %s", files)
			}
			modules := map[string]*ast.Module{}
			err := texts.Iter(func(name, text *ast.Term) error {
				file, named := name.Value.(ast.String)
				policy, written := text.Value.(ast.String)
				if !named || !written {
					return fmt.Errorf("lint.read takes names and texts, not %s", text)
				}
				module, err := ast.ParseModuleWithOpts(string(file), string(policy), ast.ParserOptions{
					RegoVersion: ast.RegoV1, ProcessAnnotation: true,
				})
				modules[string(file)] = module
				return err
			})
			if err != nil {
				return nil, err
			}
			value, err := ast.InterfaceToValue(document(modules))
			return ast.NewTerm(value), err
		},
	),
}
