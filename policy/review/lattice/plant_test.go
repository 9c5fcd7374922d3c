package lattice_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
)

// edit is one change of a policy's text: of what is written there exactly once.
type edit struct{ file, old, new string }

// planted is the shipped policies with some changes.
func planted(t testing.TB, edits ...edit) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(rego.Files, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		name := path.Join("cascade", e.file)
		text := string(files[name].Data)
		if n := strings.Count(text, e.old); n != 1 {
			t.Fatalf("%s has %q %d times", e.file, e.old, n)
		}
		files[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, e.old, e.new, 1))}
	}
	return files
}

func compile(t testing.TB, files fs.FS) *opa.Generation {
	t.Helper()
	g, err := opa.Compile(t.Context(), files, opa.Config{Budget: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
