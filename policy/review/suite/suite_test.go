package suite_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/suite"
)

// A policy set with one of everything that can go wrong. The line numbers below
// are those of this text.
const policyText = `# METADATA
# title: Access
# description: For these tests.
# custom:
#   reasons:
#     yes: It is so.
#     no: It is not.
#     never: Nobody asks.
package cascade.access

decision := {"allow": true, "reason": "yes"} if {
	input.action == "read"
} else := {"allow": false, "reason": "no"} if {
	input.action == "create"
} else := {"allow": false, "reason": "never"} if {
	early
} else := {"allow": false, "reason": "secret"}

early if input.subject.mfa == true

early if count(input.orgs) == 9

by_index if {
	input.resource == "call"
	input.now == 1
}
`

const testText = `package cascade.access_test

import data.cascade.access

test_read if access.decision.allow with input as {"action": "read"}

test_wrong if {
	want := "no"
	got := access.decision.reason with input as {"action": "read"}
	got == want
}

cases := {
	"reads": {"action": "read", "want": true},
	"creates": {"action": "create", "want": true},
}

test_table[note] if {
	some note, case in cases
	access.decision.allow == case.want with input as {"action": case.action}
}

test_breaks if time.parse_rfc3339_ns("today") == 1

todo_test_later if 1 == 1

test_secret if access.decision.reason == "secret" with input as {"action": "delete", "orgs": [], "subject": {"mfa": false}}

test_mfa if access.early with input as {"subject": {"mfa": true}, "orgs": []}

test_index if not access.by_index with input as {"resource": "contact", "now": 1}

test_says if {
	print("said", 1)
	access.decision.allow with input as {"action": "read"}
}
`

func planted(t *testing.T) suite.Report {
	t.Helper()
	schema, err := fs.ReadFile(rego.Files, "schema/input.json")
	if err != nil {
		t.Fatal(err)
	}
	report, err := suite.Run(t.Context(), fstest.MapFS{
		"cascade/access.rego":      {Data: []byte(policyText)},
		"cascade/access_test.rego": {Data: []byte(testText)},
		"cascade/bare.rego":        {Data: []byte("package cascade.bare\n\nx := 1\n")},
		"schema/input.json":        {Data: schema},
	}, suite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	report := planted(t)
	got := map[string]suite.Outcome{}
	for _, test := range report.Tests {
		got[test.Name] = test.Outcome
		switch test.Name {
		case "test_wrong":
			if want := "cascade/access_test.rego:10: got == want\ngot = \"yes\"\nwant = \"no\""; test.At != want {
				t.Errorf("test_wrong fails at %q, want %q", test.At, want)
			}
		case "test_table":
			want := []suite.Case{{Name: "creates", Failed: true, At: "?"}, {Name: "reads"}}
			if len(test.Cases) == 2 && strings.Contains(test.Cases[0].At, "access_test.rego:20: access.decision.allow == case.want") {
				test.Cases[0].At = "?"
			}
			if diff := cmp.Diff(want, test.Cases); diff != "" {
				t.Errorf("cases (-want +got):\n%s", diff)
			}
		case "test_breaks":
			if !strings.Contains(test.Error, "access_test.rego:23") || !strings.Contains(test.Error, "today") {
				t.Errorf("test_breaks ends with %q", test.Error)
			}
		case "test_says":
			if !strings.Contains(test.Output, "said 1") {
				t.Errorf("test_says printed %q", test.Output)
			}
		}
	}
	want := map[string]suite.Outcome{
		"test_read": suite.Passed, "test_wrong": suite.Failed, "test_table": suite.Failed, "test_breaks": suite.Broken,
		"todo_test_later": suite.Skipped, "test_secret": suite.Passed, "test_mfa": suite.Passed, "test_index": suite.Passed,
		"test_says": suite.Passed,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// What is not reached is said with its reason, and each gap in a line.
func TestWhatIsNotReached(t *testing.T) {
	t.Parallel()
	report := planted(t)
	kinds := map[int]string{}
	for _, f := range report.Files {
		for _, r := range f.Ranges {
			for line := r.From; line <= r.To; line++ {
				kinds[line] = r.Kind
			}
		}
	}
	// by_index: its line on the resource is never looked at, because the index
	// knows; the one below it is.
	want := map[int]string{15: "not_reached", 23: "not_reached", 24: "index_excluded", 25: "not_reached"}
	for line, kind := range want {
		if kinds[line] != kind {
			t.Errorf("line %d is %q, want %q (all: %v)", line, kinds[line], kind, kinds)
		}
	}
	got := report.Gaps(0)
	gaps := []string{
		"4 of 9 tests did not pass",
		"cascade/bare.rego has no tests beside it",
		`no test is answered "never"`,
		`a test is answered "secret", which is not declared`,
	}
	if diff := cmp.Diff(gaps, got); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if got := report.Gaps(99.5); len(got) != len(gaps)+1 || !strings.Contains(got[len(gaps)], "less than 99.5 %") {
		t.Errorf("below the threshold: %q", got)
	}
	if got := (suite.Report{}).Gaps(0); len(got) != 1 {
		t.Errorf("nothing ran, and the gaps are %q", got)
	}
}

func TestAFilteredRunIsNotMeasured(t *testing.T) {
	t.Parallel()
	report, err := suite.Run(t.Context(), rego.Files, suite.Config{Filter: "support"})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Tests) == 0 || slices.ContainsFunc(report.Tests, func(t suite.Test) bool { return !strings.Contains(t.Package, "support") }) {
		t.Errorf("ran %+v", report.Tests)
	}
	if gaps := report.Gaps(100); len(gaps) > 0 {
		t.Errorf("gaps: %q", gaps)
	}
}

func TestPoliciesWithoutTests(t *testing.T) {
	t.Parallel()
	_, err := suite.Run(t.Context(), fstest.MapFS{"cascade/bare.rego": {Data: []byte("package cascade.bare\n\nx := 1\n")}}, suite.Config{})
	if !errors.Is(err, suite.ErrNoTests) {
		t.Errorf("got %v, want %v", err, suite.ErrNoTests)
	}
}

// The model of JUnit's XML that build servers agree on: a suite has a name and
// the numbers of its cases; a case has a name and a class, and one element at most
// that says why it did not pass.
type junit struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Suites   []struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Cases    []struct {
			Name    string     `xml:"name,attr"`
			Class   string     `xml:"classname,attr"`
			Seconds float64    `xml:"time,attr"`
			Failure []struct{} `xml:"failure"`
			Error   []struct{} `xml:"error"`
			Skipped []struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := planted(t).WriteJUnit(&out, []string{"a gap"}); err != nil {
		t.Fatal(err)
	}
	var got junit
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var tests, failures, broken, skipped int
	for _, s := range got.Suites {
		if s.Name == "" || s.Tests != len(s.Cases) {
			t.Errorf("suite %q says %d tests and has %d", s.Name, s.Tests, len(s.Cases))
		}
		for _, c := range s.Cases {
			if c.Name == "" || c.Class == "" || len(c.Failure)+len(c.Error)+len(c.Skipped) > 1 {
				t.Errorf("case %+v", c)
			}
			tests, failures, broken, skipped = tests+1, failures+len(c.Failure), broken+len(c.Error), skipped+len(c.Skipped)
		}
	}
	// Nine tests, one a table of two, and the gap: of these wrong, one row and the gap.
	if diff := cmp.Diff([]int{11, 3, 1, 1}, []int{tests, failures, broken, skipped}); diff != "" {
		t.Errorf("tests, failures, errors, skipped (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{tests, failures, broken, skipped}, []int{got.Tests, got.Failures, got.Errors, got.Skipped}); diff != "" {
		t.Errorf("the sums (-counted +written):\n%s", diff)
	}
}

func TestJSONAndText(t *testing.T) {
	t.Parallel()
	report := planted(t)
	var out, text bytes.Buffer
	if err := report.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var back suite.Report
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report, back); diff != "" {
		t.Errorf("written and read again:\n%s", diff)
	}
	if err := report.WriteText(&text, report.Gaps(100), false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"--- FAIL: cascade.access_test.test_wrong", "    FAIL: creates\n", "--- SKIP: cascade.access_test.todo_test_later",
		"    cascade/access.rego:24-24: the rule index never picks it for the inputs of the tests\n",
		"5 of 9 tests passed, 10 cases, ", "FAIL: no test is answered \"never\"\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "test_read") {
		t.Error("a test that passed is listed without being asked for")
	}
}
