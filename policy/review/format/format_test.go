package format_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/format"
)

func TestShippedPoliciesAreFormatted(t *testing.T) {
	t.Parallel()
	changes, err := format.Changes(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		t.Errorf("run make format:\n%s", c.Diff("policy/rego"))
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	changes, err := format.Changes(fstest.MapFS{
		"cascade/a.rego":      {Data: []byte("package a\n\nx := 1\n")},
		"cascade/b.rego":      {Data: []byte("package b\nx   :=   1\n")},
		"cascade/b_test.rego": {Data: []byte("package b_test\n\ntest_x   if   true == true")},
		"schema/input.json":   {Data: []byte("{  }")},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range changes {
		got[c.Name] = string(c.After)
	}
	want := map[string]string{
		"cascade/b.rego":      "package b\n\nx := 1\n",
		"cascade/b_test.rego": "package b_test\n\ntest_x if true == true\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestWhatDoesNotParse(t *testing.T) {
	t.Parallel()
	_, err := format.Changes(fstest.MapFS{"cascade/a.rego": {Data: []byte("package a\n\nx := \n")}})
	var errs ast.Errors
	if !errors.As(err, &errs) || errs[0].Location.Row < 3 {
		t.Errorf("got %v", err)
	}
}

func TestDiffIsUnified(t *testing.T) {
	t.Parallel()
	c := format.Change{
		Name:   "cascade/a.rego",
		Before: []byte("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\nlast"),
		After:  []byte("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\nlast\n"),
	}
	want := `--- policy/cascade/a.rego
+++ policy/cascade/a.rego (formatted)
@@ -1,3 +1,4 @@
+0
 1
 2
 3
@@ -11,4 +12,4 @@
 11
 12
 13
-last
\ No newline at end of file
+last
`
	if diff := cmp.Diff(want, c.Diff("policy")); diff != "" {
		t.Errorf("diff (-want +got):\n%s", diff)
	}
}

// What patch makes of a diff is what it was the diff to, whatever the two texts.
func TestPatchReadsIt(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 500 {
		before, after := text(random), text(random)
		diff := format.Change{Name: "a.rego", Before: []byte(before), After: []byte(after)}.Diff("")
		if got := patch(t, before, diff); got != after {
			t.Fatalf("%d: %q with\n%s\nbecame %q, want %q", i, before, diff, got, after)
		}
	}
}

// patch applies a unified diff, as POSIX describes it.
func patch(t *testing.T, before, diff string) string {
	t.Helper()
	old := strings.SplitAfter(before, "\n")
	if old[len(old)-1] == "" {
		old = old[:len(old)-1]
	}
	var out []string
	at := 0 // how much of old is used
	for line := range strings.Lines(strings.ReplaceAll(diff, "\n\\ No newline at end of file\n", "\x00\n")) {
		text := strings.TrimSuffix(line[1:], "\x00\n")
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		case strings.HasPrefix(line, "@@ "):
			var start, count, newStart, newCount int
			if _, err := fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", &start, &count, &newStart, &newCount); err != nil {
				t.Fatal(err)
			}
			if count > 0 {
				start--
			}
			out = append(out, old[at:start]...)
			at = start
			if newCount > 0 {
				newStart--
			}
			if newStart != len(out) {
				t.Fatalf("a hunk says that it is at %d and is at %d:\n%s", newStart, len(out), diff)
			}
		case line[0] == '+':
			out = append(out, text)
		default:
			if at >= len(old) || old[at] != text {
				t.Fatalf("line %d is not %q:\n%s", at+1, text, diff)
			}
			if line[0] == ' ' {
				out = append(out, text)
			}
			at++
		}
	}
	return strings.Join(append(out, old[at:]...), "")
}

// text has some of a few lines, so that two of them share many.
func text(random *rand.Rand) string {
	var b strings.Builder
	for range random.IntN(30) {
		fmt.Fprintf(&b, "line %d\n", random.IntN(6))
	}
	if random.IntN(3) == 0 {
		b.WriteString("no newline")
	}
	return b.String()
}

// A long text that is changed throughout is shown as one change, and soon.
func TestALongChange(t *testing.T) {
	t.Parallel()
	before, after := strings.Repeat("x\n", 30000)+"y\n", strings.Repeat("z\n", 30000)
	diff := format.Change{Name: "a.rego", Before: []byte(before), After: []byte(after)}.Diff("")
	if !strings.Contains(diff, "@@ -1,30001 +1,30000 @@") {
		t.Errorf("the diff begins %.80q", diff)
	}
}
