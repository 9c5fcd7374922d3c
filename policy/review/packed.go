package review

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/voxanne/cascade/policy/bundle"
)

// openBundle reads the policies of a bundle of any origin: what is reviewed need
// not be proven, and what was reviewed is not activated by that.
func openBundle(path string) (_ fs.FS, err error) {
	f, err := os.Open(path) //nolint:gosec // whoever runs it names the file
	if err != nil {
		return nil, fmt.Errorf("opening policies: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := io.ReadAll(io.LimitReader(f, bundle.DefaultMaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	files, err := bundle.Import(data, 0)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	policies, err := fs.Glob(files, policyDir+"/*.rego")
	if err != nil || len(policies) == 0 {
		return nil, fmt.Errorf("%s: no policies in it; pack a folder that holds %s/*.rego", path, policyDir)
	}
	return schemaUnder(files), nil
}
