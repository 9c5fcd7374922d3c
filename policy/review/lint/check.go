package lint

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/finding"
)

// soundness are the rules about what can never be meant: words and documents that
// do not exist, and calls that are refused. The others are about what is unwise.
var soundness = []string{"unknown-word", "unknown-data", "forbidden-call"}

// Check compiles the policies in files, tests and all, as the engine does (strict,
// the allowed built-ins, the schema of the input), and holds every role, kind, row
// type, action and field that they name to the words of package policy. What does
// not parse or compile is a finding.
func Check(ctx context.Context, files fs.FS) ([]finding.Finding, error) {
	modules, err := opa.Modules(files, true)
	if err == nil {
		err = compile(files, modules)
	}
	var all []finding.Finding
	if err != nil {
		found, ok := finding.FromCompiler(files, err)
		if !ok {
			return nil, fmt.Errorf("checking policies: %w", err)
		}
		if modules == nil {
			return found, nil // there is no tree to judge
		}
		all = found
	}
	words, err := Run(ctx, files, soundness...)
	if err != nil {
		return nil, err
	}
	all = append(all, words...)
	finding.Sort(all)
	return all, nil
}

func compile(files fs.FS, modules map[string]*ast.Module) error {
	compiler, err := opa.NewCompiler(files)
	if err != nil {
		return err
	}
	if compiler.Compile(modules); compiler.Failed() {
		return compiler.Errors
	}
	return nil
}
