package dev_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/voxanne/cascade/server/dev"
)

// TestMain lets the test binary play a program that is killed: as
// "binary child <dir>" it runs dev on the data in dir.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "child" {
		err := dev.Run(context.Background(), dev.Config{Addr: "127.0.0.1:0", DataDir: os.Args[2], PolicyDir: "none"})
		fmt.Fprintln(os.Stderr, err)
		return
	}
	m.Run()
}

// kill runs a child on dir and kills it, SIGKILL, when moment comes.
func kill(t *testing.T, dir, what string, moment func() bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "child", dir)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	until(t, what, moment)
}

// Whenever the program is killed, the next start finds its way.
func TestAKilledServerStartsAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there := func(path ...string) func() bool {
		return func() bool {
			found, err := filepath.Glob(filepath.Join(append([]string{dir}, path...)...))
			return err == nil && len(found) > 0
		}
	}
	kill(t, dir, "initdb to begin", there("postgres*", "*"))
	// The roles and the database are made, the migrations or the seed run.
	kill(t, dir, "the database to be made", there("postgres", "base", "1????"))
	kill(t, dir, "dev.json", there("dev.json"))
	r := start(t, dev.Config{DataDir: dir})
	for _, org := range r.Orgs {
		if n := r.count(t, org.Members[0].Token); n < 300 {
			t.Errorf("%s has %d calls", org.Slug, n)
		}
	}
}
