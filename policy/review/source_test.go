package review_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review"
)

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOpenReadsAFolder(t *testing.T) {
	t.Parallel()
	embedded, err := fs.ReadFile(rego.Files, "schema/input.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files  map[string]string
		schema string
	}{
		"with a schema":    {map[string]string{"cascade/a.rego": "package a", "schema/input.json": "{}"}, "{}"},
		"without a schema": {map[string]string{"cascade/a.rego": "package a"}, string(embedded)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := review.Open(write(t, t.TempDir(), c.files))
			if err != nil {
				t.Fatal(err)
			}
			for file, want := range map[string]string{"cascade/a.rego": "package a", "schema/input.json": c.schema} {
				got, err := fs.ReadFile(files, file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, string(got)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", file, diff)
				}
			}
		})
	}
}

func TestOpenWithoutAPathIsTheProgramsOwn(t *testing.T) {
	t.Parallel()
	files, err := review.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(files, "cascade/access.rego"); err != nil {
		t.Error(err)
	}
}

func TestOpenSaysWhatWouldBeRight(t *testing.T) {
	t.Parallel()
	dir := write(t, t.TempDir(), map[string]string{
		"policies/cascade/a.rego": "package a",
		"empty/readme.md":         "",
		"loose/a.rego":            "package a",
		"notes.txt":               "",
	})
	for path, want := range map[string]string{
		"nowhere":                 "no such folder",
		"empty":                   "no policies in it; name a folder that holds cascade/*.rego",
		"loose":                   "no policies in it; name a folder that holds cascade/*.rego",
		"policies/cascade":        "name the folder above it",
		"policies/cascade/a.rego": "one file is no policy set",
		"notes.txt":               "neither a folder nor a bundle",
	} {
		_, err := review.Open(filepath.Join(dir, path))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line with %q", path, err, want)
		}
	}
}
