package lint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy/review/finding"
	"github.com/voxanne/cascade/policy/review/lint"
)

// program writes a shell script that can be run as Regal is.
func program(t *testing.T, dir, script string) string {
	t.Helper()
	name := filepath.Join(dir, "regal")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+script), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

// Regal is a program beside ours: it is given the policies in a folder and our
// configuration, and what it prints becomes findings, at the names that the
// policies have here. It ends with 3 when it found something.
func TestRegal(t *testing.T) {
	t.Parallel()
	regal := program(t, t.TempDir(), `
test "$1 $2 $3 $4" = "lint --format json --config-file" && grep -q idiomatic "$5" || exit 9
test "$(cat "$6/cascade/a.rego")" = "package a" && test ! -e "$6/schema" || exit 8
echo '{"violations": [
  {"title": "second", "description": "Two.", "level": "warning", "location": {"file": "'"$6"'/cascade/b.rego", "row": 2, "col": 3}},
  {"title": "first", "description": "One.", "level": "error", "location": {"file": "'"$6"'/cascade/a.rego", "row": 1, "col": 1}},
  {"title": "all", "description": "All.", "level": "error", "location": {"file": "", "row": 0, "col": 0}}
]}'
exit 3
`)
	got, err := lint.Regal(t.Context(), regal, fstest.MapFS{
		"cascade/a.rego":    {Data: []byte("package a")},
		"cascade/b.rego":    {Data: []byte("package b")},
		"schema/input.json": {Data: []byte("{}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []finding.Finding{
		{Rule: "regal/all", Level: finding.Error, Message: "All."},
		{File: "cascade/a.rego", Line: 1, Column: 1, Rule: "regal/first", Level: finding.Error, Message: "One."},
		{File: "cascade/b.rego", Line: 2, Column: 3, Rule: "regal/second", Level: finding.Warning, Message: "Two."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestRegalDoesNotRun(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"echo no such flag >&2; exit 1": "no such flag: exit status 1",
		"echo sorry":                    "it printed no report",
	} {
		_, err := lint.Regal(t.Context(), program(t, t.TempDir(), script), fstest.MapFS{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", script, err, want)
		}
	}
}

// It is found beside the go.mod of the folder that one is in.
func TestFindRegal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inside := filepath.Join(dir, "policy", "rego")
	if err := os.MkdirAll(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	elsewhere := lint.FindRegal(inside) // on PATH, or none
	want := program(t, filepath.Join(dir, "bin"), "exit 0")
	if got := lint.FindRegal(inside); got != elsewhere {
		t.Errorf("without a go.mod it found %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lint.FindRegal(inside); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}
