// Package lint finds in policies what the compiler lets pass and a careful
// security engineer would not: what opens a door when a field is missing, what
// costs more with every row, what nobody explained.
//
// Its rules are Rego themselves (rules/*.rego, tests beside them), evaluated over
// the syntax tree of the policies. No comment turns one off: a line that is right
// is written so that the rules can tell.
package lint

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/finding"
)

//go:embed rules
var ruleFiles embed.FS

// prepare compiles the rules, once: they are as immutable as the program.
var prepare = sync.OnceValues(func() (oparego.PreparedEvalQuery, error) {
	modules, err := ruleModules(false)
	if err != nil {
		return oparego.PreparedEvalQuery{}, err
	}
	options := []func(*oparego.Rego){oparego.Query("data.lint.findings"), oparego.StrictBuiltinErrors(true)}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		options = append(options, oparego.ParsedModule(modules[name]))
	}
	return oparego.New(options...).PrepareForEval(context.Background())
})

// ruleModules reads the rules, and with tests the tests beside them.
func ruleModules(tests bool) (map[string]*ast.Module, error) {
	modules := map[string]*ast.Module{}
	err := fs.WalkDir(ruleFiles, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !tests && strings.HasSuffix(name, "_test.rego") {
			return err
		}
		text, err := fs.ReadFile(ruleFiles, name)
		if err != nil {
			return err
		}
		modules[name], err = ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{
			RegoVersion: ast.RegoV1, ProcessAnnotation: true,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rules of the lint: %w", err)
	}
	return modules, nil
}

// Rules describes every rule, by its METADATA, in the order of their names.
func Rules() ([]finding.Rule, error) {
	modules, err := ruleModules(false)
	if err != nil {
		return nil, err
	}
	var rules []finding.Rule
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		path := modules[name].Package.Path
		if len(path) != 4 { // data.lint.rules.<name>
			continue
		}
		rule := finding.Rule{ID: strings.ReplaceAll(strings.Trim(path[3].String(), `"`), "_", "-")}
		for _, a := range modules[name].Annotations {
			if a.Scope == "package" {
				rule.Title, rule.Help = a.Title, strings.TrimSpace(a.Description)
			}
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// Run holds the policies in files against the rules; their tests are not looked
// at. only names the rules that count; none names all. What does not parse is a
// finding too.
func Run(ctx context.Context, files fs.FS, only ...string) ([]finding.Finding, error) {
	modules, err := opa.Modules(files, false)
	if err != nil {
		if all, ok := finding.FromCompiler(files, err); ok {
			return all, nil
		}
		return nil, fmt.Errorf("reading policies: %w", err)
	}
	query, err := prepare()
	if err != nil {
		return nil, fmt.Errorf("compiling the rules of the lint: %w", err)
	}
	results, err := query.Eval(ctx, oparego.EvalInput(document(modules)))
	if err != nil {
		return nil, fmt.Errorf("evaluating the rules of the lint: %w", err)
	}
	all, err := read(results)
	if err != nil {
		return nil, err
	}
	if len(only) > 0 {
		all = slices.DeleteFunc(all, func(f finding.Finding) bool { return !slices.Contains(only, f.Rule) })
	}
	finding.Sort(all)
	return all, nil
}
