// Package format writes policies as OPA's formatter does, and shows what that
// changes.
package format

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"

	"github.com/open-policy-agent/opa/v1/ast"
	opaformat "github.com/open-policy-agent/opa/v1/format"

	"github.com/voxanne/cascade/policy/opa"
)

// Change is a file that reads otherwise when it is formatted.
type Change struct {
	Name          string
	Before, After []byte
}

// Changes formats every .rego file of files, tests too, and returns those that
// change, in the order of their names. A file that does not parse is an
// ast.Errors.
func Changes(files fs.FS) ([]Change, error) {
	if _, err := opa.Modules(files, true); err != nil { // its limits, and its errors
		return nil, fmt.Errorf("reading policies: %w", err)
	}
	var changes []Change
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".rego" {
			return err
		}
		before, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		after, err := opaformat.SourceWithOpts(name, before, opaformat.Opts{
			RegoVersion: ast.RegoV1, Capabilities: opa.Capabilities(),
		})
		if err != nil {
			return err
		}
		if !bytes.Equal(before, after) {
			changes = append(changes, Change{Name: name, Before: before, After: after})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("formatting policies: %w", err)
	}
	return changes, nil
}
