package workshop_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/voxanne/cascade/policy/review/lattice"
	"github.com/voxanne/cascade/policy/review/mutant"
)

// An engineer takes the second factor away from support by mistake, is told whom
// it lets in by an example, and has the example explained.
func TestAnEngineerWidensAccess(t *testing.T) {
	t.Parallel()
	dir := candidate(t, map[string]func(string) string{"cascade/support.rego": func(text string) string {
		return strings.Replace(text, "\tinput.subject.mfa == true\n", "", 1)
	}})
	out, said, code := run(t, "widen", "--kind", "support", "--resource", "call", "--json", dir)
	var report lattice.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v: %s%s", err, out, said)
	}
	if code != 1 || len(report.Widened) != 2 || !strings.Contains(report.Widened[0].Says, "without a second factor") {
		t.Fatalf("code %d, widened %v, %s", code, report.Widened, said)
	}
	input := filepath.Join(t.TempDir(), "input.json")
	if err := os.WriteFile(input, report.Widened[0].Example.Input, 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, code = run(t, "explain", input)
	if code != 0 || !strings.HasPrefix(out, "denied (mfa_required)") || !strings.Contains(out, "\n  if the second factor had been used\n") {
		t.Errorf("code %d: %s%s", code, out, said)
	}
	if out, said, code = run(t, "explain", "--candidate", dir, input); code != 0 || !strings.HasPrefix(out, "allowed (break_glass)") {
		t.Errorf("code %d: %s%s", code, out, said)
	}
	// The tests beside the policies go on as before, so the guard is one that they
	// no longer look at: what is left of it in why_not is noticed all the same.
	out, said, code = run(t, "mutate", "--recorded", input, "--json", dir)
	var score mutant.Report
	if err := json.Unmarshal([]byte(out), &score); err != nil {
		t.Fatalf("%v: %s%s", err, out, said)
	}
	if code != 0 || score.Mutants < 70 || score.Recorded != 1 || score.Perturbed < 50 {
		t.Errorf("code %d: %v; %s", code, score, said)
	}
	if !strings.Contains(said, "mutate: 100 %") {
		t.Errorf("nothing tells how far it is: %s", said)
	}
}

func TestNothingIsWider(t *testing.T) {
	t.Parallel()
	out, said, code := run(t, "widen", "--kind", "operator", "--resource", "organization,call")
	if code != 0 || !strings.HasSuffix(out, "\nnothing is wider\n") {
		t.Errorf("code %d: %s%s", code, out, said)
	}
}

// What cannot be weighed ends with 2, and says why.
func TestWhatCannotBeWeighed(t *testing.T) {
	t.Parallel()
	broken := candidate(t, map[string]func(string) string{"cascade/support.rego": func(text string) string {
		return strings.Replace(text, "input.subject.mfa == true", "input.subject.mfaa == true", 1)
	}})
	input := filepath.Join(t.TempDir(), "input.json")
	if err := os.WriteFile(input, []byte(`{"now": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"support.rego:14":            {"widen", broken},
		"mfaa":                       {"mutate", broken},
		`no kind "root"`:             {"widen", "--kind", "root"},
		`no row type "users"`:        {"widen", "--resource", "users"},
		"reading input 1":            {"explain", input},
		"--for":                      {"explain", "--for", "sunrise", input},
		"no such file":               {"explain", input + "x"},
		"accepts 1 arg(s)":           {"explain"},
		"not an input of a decision": {"mutate", "--recorded", input},
	} {
		if out, said, code := run(t, args...); code != 2 || !strings.Contains(said, want) {
			t.Errorf("%v: code %d: %s%s", args, code, out, said)
		}
	}
}
