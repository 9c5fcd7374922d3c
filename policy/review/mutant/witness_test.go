package mutant_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/lattice"
	"github.com/voxanne/cascade/policy/review/mutant"
)

// shipped is the shipped policies with some files left out or changed.
func shipped(t *testing.T, change func(name, text string) string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(rego.Files, name)
		if changed := change(name, string(text)); changed != "" {
			files[name] = &fstest.MapFile{Data: []byte(changed)}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A guard that no test looks at survives, by its place and its words, and is
// noticed by a decision with one field changed.
func TestAGuardThatNobodyTests(t *testing.T) {
	t.Parallel()
	const untested = `"not approved"`
	files := shipped(t, func(name, text string) string {
		if name != "cascade/support_test.rego" {
			return text
		}
		lines := strings.SplitAfter(text, "\n")
		return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, untested) }), "")
	})
	report, err := mutant.Run(t.Context(), files, mutant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Survivors) != 1 || !report.Findings() {
		t.Fatalf("survivors: %v", report.Survivors)
	}
	s := report.Survivors[0]
	if got, want := fmt.Sprintf("%s:%d %s", s.File, s.Line, s.Text), "cascade/support.rego:30 session.approved == true"; got != want {
		t.Errorf("the survivor is %s, want %s", got, want)
	}

	// Support staff in an open session read calls, as somebody did.
	var recorded []policy.Request
	for _, q := range lattice.StandIns() {
		if q.Subject.Kind == policy.Support && q.Resource == policy.Call {
			recorded = append(recorded, q)
		}
	}
	report, err = mutant.Run(t.Context(), files, mutant.Options{Recorded: recorded})
	if err != nil {
		t.Fatal(err)
	}
	if report.Findings() || report.Noticed != report.Mutants {
		t.Fatalf("%s; survivors: %v", report, report.Survivors)
	}
	i := slices.IndexFunc(report.Results, func(r mutant.Result) bool { return r.File == s.File && r.Line == s.Line })
	if by := report.Results[i].By; !slices.Equal(by, []mutant.Witness{mutant.Perturbed}) {
		t.Errorf("it is noticed by %v", by)
	}
	if input := string(report.Results[i].Input); !strings.Contains(input, `"approved":false`) {
		t.Errorf("the question that notices it is %s", input)
	}
	if report.First[mutant.Perturbed] != 1 || report.First[mutant.Tests] != report.Mutants-1 || report.By[mutant.Tests] != report.Mutants-1 {
		t.Errorf("first %v, by %v", report.First, report.By)
	}
}

// Every condition of the shipped policies is noticed by the tests, and recorded
// decisions with one field changed notice those that recorded decisions alone do
// not trip.
func TestConditionsOfTheShippedPolicies(t *testing.T) {
	t.Parallel()
	var recorded []policy.Request
	for _, q := range lattice.StandIns() {
		if q.Action == policy.Read && q.Resource == policy.Call && q.Operation != "" {
			recorded = append(recorded, q)
		}
	}
	report, err := mutant.Run(t.Context(), rego.Files, mutant.Options{Recorded: recorded})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if report.Findings() || report.By[mutant.Tests] != report.Mutants || report.Mutants < 70 {
		t.Errorf("%s; survivors: %v", report, report.Survivors)
	}
	if report.By[mutant.Perturbed] <= report.By[mutant.Replay] {
		t.Errorf("changing a field notices no more than replaying: %v", report.By)
	}
}

// What does not compile is said, and is no report of nothing found.
func TestPoliciesThatDoNotCompile(t *testing.T) {
	t.Parallel()
	files := shipped(t, func(name, text string) string {
		return strings.Replace(text, "input.subject.mfa == true", "input.subject.mfaa == true", 1)
	})
	if report, err := mutant.Run(t.Context(), files, mutant.Options{}); err == nil {
		t.Errorf("%s", report)
	}
}
