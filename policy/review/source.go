// Package review is what a security team does to a candidate policy: it reads
// one, and its rooms write, test and weigh it. It works on files, revisions and
// recorded decisions, and changes nothing that runs.
package review

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/voxanne/cascade/policy/rego"
)

// The layout of a policy set.
const (
	policyDir  = "cascade"
	schemaFile = "schema/input.json"
)

// Open returns the policy set at path: a folder that holds cascade/*.rego and
// schema/input.json, or an OPA bundle (.tar.gz) of one. "" is the set in this
// program. What comes without a schema of its own is held to the embedded one, for
// that is what the program sends.
//
// Anything else is an error that says what would be right.
func Open(path string) (fs.FS, error) {
	if path == "" {
		return rego.Files, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such folder", path)
	case err != nil:
		return nil, fmt.Errorf("opening policies: %w", err)
	case info.IsDir():
		return openFolder(path)
	case strings.HasSuffix(path, ".tar.gz"), strings.HasSuffix(path, ".tgz"):
		return openBundle(path)
	case strings.HasSuffix(path, ".rego"):
		return nil, fmt.Errorf("%s: one file is no policy set; name the folder that holds %s/", path, policyDir)
	default:
		return nil, fmt.Errorf("%s: neither a folder nor a bundle; name the folder that holds %s/", path, policyDir)
	}
}

func openFolder(path string) (fs.FS, error) {
	files := os.DirFS(path)
	policies, err := fs.Glob(files, policyDir+"/*.rego")
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	if len(policies) == 0 {
		if _, err := fs.ReadDir(files, "."); err != nil {
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		if above, err := filepath.Abs(path); err == nil && filepath.Base(above) == policyDir {
			return nil, fmt.Errorf("%s: name the folder above it, which holds %s/", path, policyDir)
		}
		return nil, fmt.Errorf("%s: no policies in it; name a folder that holds %s/*.rego", path, policyDir)
	}
	return schemaUnder(files), nil
}

// schemaUnder is files, with the embedded schema unless they have their own.
func schemaUnder(files fs.FS) fs.FS {
	if _, err := fs.Stat(files, schemaFile); errors.Is(err, fs.ErrNotExist) {
		return withSchema{files}
	}
	return files
}

// withSchema is a policy set with the embedded schema laid under it. It opens by
// name and is not listed.
type withSchema struct{ fs.FS }

// Open implements fs.FS.
func (w withSchema) Open(name string) (fs.File, error) {
	if name == schemaFile {
		return rego.Files.Open(name)
	}
	return w.FS.Open(name)
}
