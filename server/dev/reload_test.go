package dev_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/dev"
)

// closed is a policy that allows nobody.
const closed = `package cascade.access

decision := {"allow": false, "reason": "closed", "org_ids": [], "wide": false, "masks": {}, "obligations": []}
`

// A policy that is saved counts at once; one that does not compile changes
// nothing and is told with file and line.
func TestSavedPoliciesCount(t *testing.T) {
	t.Parallel()
	policies := t.TempDir()
	if err := os.CopyFS(policies, rego.Files); err != nil {
		t.Fatal(err)
	}
	r := start(t, dev.Config{DataDir: t.TempDir(), PolicyDir: policies})
	owner := r.Orgs[0].Members[0].Token
	access := filepath.Join(policies, "cascade", "access.rego")
	shipped, err := os.ReadFile(access)
	if err != nil {
		t.Fatal(err)
	}
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(access, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	allowed := func() bool { return strings.Contains(r.ask(t, owner, "", calls), "canary-sunrise") }
	if !allowed() {
		t.Fatal("the owner sees no calls under the shipped policies")
	}

	save(closed)
	until(t, "the new revision", func() bool { return strings.Contains(r.said.String(), "is current") })
	if allowed() {
		t.Error("the owner is allowed by policies that allow nobody")
	}

	save(closed + "\nbroken if {\n")
	until(t, "the complaint", func() bool { return strings.Contains(r.said.String(), "cascade/access.rego:") })
	if allowed() {
		t.Error("the revision before did not go on")
	}
	if said := r.said.String(); !strings.Contains(said, "goes on") {
		t.Errorf("nobody was told that the revision goes on: %s", said)
	}

	// As editors do: a new file takes the place of the old one.
	draft := access + ".swp"
	if err := os.WriteFile(draft, shipped, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft, access); err != nil {
		t.Fatal(err)
	}
	until(t, "the owner to be allowed", allowed)

	// A file in a directory that is new counts too.
	more := filepath.Join(policies, "more")
	if err := os.Mkdir(more, 0o700); err != nil {
		t.Fatal(err)
	}
	said := len(r.said.String())
	if err := os.WriteFile(filepath.Join(more, "odd.rego"), []byte("package more\n\nodd := true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, "a file in a new directory", func() bool { return strings.Contains(r.said.String()[said:], "is current") })
}

// Policies that never compiled leave those in the binary.
func TestBrokenPoliciesAtTheStart(t *testing.T) {
	t.Parallel()
	policies := t.TempDir()
	if err := os.WriteFile(filepath.Join(policies, "bad.rego"), []byte("package\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, dev.Config{DataDir: t.TempDir(), PolicyDir: policies})
	if !strings.Contains(r.said.String(), "bad.rego:") {
		t.Errorf("said: %s", r.said)
	}
	if n := r.count(t, r.Orgs[0].Members[0].Token); n < 300 {
		t.Errorf("%d calls", n)
	}
}
