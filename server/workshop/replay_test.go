package workshop

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review"
)

// run runs a command of policy on the database, and returns what it printed and
// its exit code.
func (w *world) run(t *testing.T, args ...string) (out, beside string, code int) {
	t.Helper()
	keyFile := filepath.Join(t.TempDir(), "seal.key")
	if err := os.WriteFile(keyFile, w.Key.File(), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := Command(Config{
		Out: &stdout, Err: &stderr, Now: time.Now, Dir: ".",
		Database: func(dir string) (Database, error) {
			if dir == "empty" {
				return Database{}, nil
			}
			return Database{URL: w.AppDSN, SealKeyFile: keyFile}, nil
		},
	})
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	if err != nil {
		stderr.WriteString(err.Error())
	}
	return stdout.String(), stderr.String(), ExitCode(err)
}

// candidate is the folder of the shipped policies, edited.
func candidate(t *testing.T, file, before, after string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../policy/rego")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), before, after, 1)
	if edited == string(text) {
		t.Fatalf("%s has no %q", file, before)
	}
	if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// From the database, in the names of clinics: what a right more would do.
func TestReplayOfADatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(t, 1, policy.Update, w.sunrise)
	w.ask(t, 2, policy.Update, w.sunrise)
	w.ask(t, 3, policy.Update, w.harbor)
	w.ask(t, 4, policy.Read, w.harbor)
	looser := candidate(t, "cascade/roles.rego", `"recording": {"read", "create"},`, `"recording": {"read", "create", "update"},`)
	out, beside, code := w.run(t, "replay", looser, "--since", "2h")
	for _, line := range []string{
		"4 decisions made again", "3 differ", "staff gains update of recordings in 2 clinics (3 times): role_lacks_right -> clinic_role",
		"in Sunrise Dental (2 times, 1 person)", "in Harbor Skin (1 time, 1 person)",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in:\n%s", line, out)
		}
	}
	if code != foundSomething || !strings.Contains(beside, "3 differences") {
		t.Errorf("exit %d: %s", code, beside)
	}
	// The other way round, as JSON: what the looser policy gave is lost.
	out, _, code = w.run(t, "replay", "--running", looser, "--since", "2h", "--json")
	var report review.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if code != foundSomething || report.Changes[review.NewlyDenied] != 3 || report.Widens() || report.Groups[0].ClinicName != "Sunrise Dental" {
		t.Errorf("exit %d: %s", code, out)
	}
	// Against itself: nothing. The readings before are decisions like any other.
	if out, beside, code := w.run(t, "replay", "--since", "2h"); code != 0 || !strings.Contains(out, "8 decisions made again") {
		t.Errorf("exit %d: %s %s", code, out, beside)
	}
	if out, beside, code := w.run(t, "cost", looser, "--since", "2h"); code == cannotRun || !strings.Contains(out, "p99") {
		t.Errorf("exit %d: %s %s", code, out, beside)
	}
}

// From a file, without a database at all; and what cannot run says why.
func TestReplayOfAFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(t, 1, policy.Update, w.sunrise)
	w.ask(t, 1800, policy.Update, w.sunrise)
	a, err := w.archive(t, w.running)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "decisions.jsonl.gz")
	var text bytes.Buffer
	zipped := gzip.NewWriter(&text)
	lines := json.NewEncoder(zipped)
	for r, err := range a.Records(t.Context(), w.began, w.began.Add(time.Hour)) {
		if err := errors.Join(err, lines.Encode(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(zipped.Close(), os.WriteFile(file, text.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	looser := candidate(t, "cascade/roles.rego", `"recording": {"read", "create"},`, `"recording": {"read", "create", "update"},`)
	for _, test := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"all", []string{"replay", looser, "--from", file}, foundSomething, "2 differ"},
		{"ids", []string{"replay", looser, "--from", file}, foundSomething, w.sunrise.String()},
		{"names", []string{"replay", looser, "--from", file, "--data", "dev"}, foundSomething, "Sunrise Dental"},
		{"the last", []string{"replay", looser, "--from", file, "--since", "45m"}, foundSomething, "1 differ"},
		{"a date to come", []string{"replay", looser, "--from", file, "--since", "2999-01-01"}, 0, "this says nothing"},
		{"the same", []string{"replay", "--from", file}, 0, "0 differ"},
		{"no file", []string{"replay", "--from", file + "x"}, cannotRun, "no such file"},
		{"no candidate", []string{"replay", file + "x", "--from", file}, cannotRun, "the candidate: "},
		{"no running policy", []string{"replay", "--running", file + "x", "--from", file}, cannotRun, "the running policies: "},
		{"no time", []string{"replay", "--since", "yesterday"}, cannotRun, "--since yesterday"},
		{"no time at all", []string{"replay", "--since", "-3h"}, cannotRun, "--since -3h"},
		{"no database", []string{"replay", "--data", "empty"}, cannotRun, "which decisions?"},
		{"no sample", []string{"cost", "--sample", "0", "--from", file}, cannotRun, "--sample 0"},
		{"no flag", []string{"replay", "--upto", "now"}, cannotRun, "unknown flag"},
	} {
		out, beside, code := w.run(t, test.args...)
		if code != test.code || !strings.Contains(out+beside, test.says) {
			t.Errorf("%s: exit %d: %s\n%s", test.name, code, out, beside)
		}
	}
}

// Progress is told now and then, and how far it is goes by what has been read.
func TestProgress(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	var to bytes.Buffer
	var passed atomic.Int64
	passed.Store(421)
	p := newProgress(&to, func() time.Time { return now }, &passed)
	for n := range int64(25) {
		now = now.Add(time.Second)
		p.done(1000 * (n + 1))
	}
	p.clear()
	if want := " 42 %  10000 decisions, 1000/s\n 42 %  20000 decisions, 1000/s\n"; to.String() != want {
		t.Errorf("%q", to.String())
	}
	to.Reset()
	p.terminal, p.every = true, onTerminal
	now = now.Add(time.Second)
	p.done(26_000)
	p.clear()
	if want := "\r[############..................]  42 %  26000 decisions, 1000/s\x1b[K\r\x1b[K"; to.String() != want {
		t.Errorf("%q", to.String())
	}
}
