package suite_test

import (
	"testing"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/suite"
)

// The tests beside the policies pass, evaluate every line, and are answered every
// reason that the policies declare. That they declare what they give, all of it
// and no more, is held by the lint.
func TestShippedPoliciesAreTested(t *testing.T) {
	t.Parallel()
	report, err := suite.Run(t.Context(), rego.Files, suite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, gap := range report.Gaps(100) {
		t.Error(gap)
	}
	for _, f := range report.Files {
		for _, r := range f.Ranges {
			t.Errorf("%s:%d-%d is not covered: %s", f.Name, r.From, r.To, r.Why)
		}
	}
	for _, test := range report.Tests {
		if test.Outcome != suite.Passed {
			t.Errorf("%s:%d: %s.%s: %s %s %s", test.File, test.Line, test.Package, test.Name, test.Outcome, test.At, test.Error)
		}
	}
	// What is measured is there: seven policies, and as many reasons as a person counts.
	if len(report.Files) < 7 || len(report.Reasons) < 21 || len(report.Tests) < 20 {
		t.Errorf("%d policies, %d reasons and %d tests: something was not looked at",
			len(report.Files), len(report.Reasons), len(report.Tests))
	}
}
