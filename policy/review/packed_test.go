package review_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/voxanne/cascade/policy/bundle"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review"
)

// A candidate may come as a file: it is the same policy set as the folder that
// was packed, with the program's schema when it brings none.
func TestOpenReadsABundle(t *testing.T) {
	t.Parallel()
	bare := fstest.MapFS{}
	names, err := fs.Glob(rego.Files, "cascade/*.rego")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(rego.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		bare[name] = &fstest.MapFile{Data: text}
	}
	want, err := opa.Digest(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]fs.FS{"whole.tar.gz": rego.Files, "bare.tgz": bare} {
		packed, err := bundle.Export(files)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := review.Open(file(t, name, packed))
		if err != nil {
			t.Fatal(err)
		}
		generation, err := opa.Compile(t.Context(), opened, opa.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if got := generation.Revision(); got != want {
			t.Errorf("%s: revision %s, want %s", name, got, want)
		}
	}
}

func TestOpenRefusesABundle(t *testing.T) {
	t.Parallel()
	elsewhere, err := bundle.Export(fstest.MapFS{"other/a.rego": {Data: []byte("package other")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := review.Open(file(t, "elsewhere.tar.gz", elsewhere)); err == nil || !strings.Contains(err.Error(), "no policies in it") {
		t.Errorf("policies elsewhere: %v", err)
	}
	if _, err := review.Open(file(t, "page.tar.gz", []byte("<html>"))); !errors.Is(err, bundle.Malformed) {
		t.Errorf("a page: %v", err)
	}
}

func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
