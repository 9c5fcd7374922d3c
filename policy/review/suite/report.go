package suite

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
)

// Outcome is how a test ended.
type Outcome string

// The outcomes. Only Passed is fine: a test that is skipped proves nothing.
const (
	Passed  Outcome = "pass"
	Failed  Outcome = "fail"
	Broken  Outcome = "error" // it ended in an error, not in an answer
	Skipped Outcome = "skip"
)

// Test is one test rule.
type Test struct {
	Package string  `json:"package"`
	Name    string  `json:"name"`
	File    string  `json:"file"`
	Line    int     `json:"line"`
	Outcome Outcome `json:"outcome"`
	Seconds float64 `json:"seconds"`
	// Cases are the rows of a table test.
	Cases []Case `json:"cases,omitempty"`
	// At is the condition that did not hold, with the values of its names.
	At     string `json:"at,omitempty"`
	Error  string `json:"error,omitempty"`
	Output string `json:"output,omitempty"` // of print
}

func (t Test) failed() bool { return t.Outcome == Failed }

// Case is one row of a table test.
type Case struct {
	Name   string `json:"name"`
	Failed bool   `json:"failed"`
	At     string `json:"at,omitempty"`
}

// File is how much of a policy the tests reach, by its lines.
type File struct {
	Name    string  `json:"file"`
	Percent float64 `json:"percent"`
	Covered int     `json:"covered_lines"`
	Missed  int     `json:"missed_lines"`
	// Ranges are the lines that no test reaches.
	Ranges []Range `json:"ranges,omitempty"`
}

// Range is a run of lines that no test reaches.
type Range struct {
	From int `json:"from"` // the first line, from 1
	To   int `json:"to"`   // the last line
	// Kind is what programs call the reason: index_excluded, early_exit or
	// not_reached. Why says it to people.
	Kind string `json:"kind"`
	Why  string `json:"why"`
}

// Reason is a reason of decisions, and whether a test is answered it.
type Reason struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence,omitempty"`
	Declared bool   `json:"declared"`
	Reached  bool   `json:"reached"`
}

// Report is what came of a run.
type Report struct {
	Tests   []Test   `json:"tests"`
	Files   []File   `json:"files,omitempty"`
	Reasons []Reason `json:"reasons,omitempty"`
	// Untested are the policies without a test beside them.
	Untested []string `json:"untested,omitempty"`
}

// Below returns the report with root before the names of its files, so that they
// can be opened from where the program runs.
func (r Report) Below(root string) Report {
	below := func(name *string) { *name = path.Join(filepath.ToSlash(root), *name) }
	r.Tests, r.Files, r.Untested = slices.Clone(r.Tests), slices.Clone(r.Files), slices.Clone(r.Untested)
	for i := range r.Tests {
		below(&r.Tests[i].File)
	}
	for i := range r.Files {
		below(&r.Files[i].Name)
	}
	for i := range r.Untested {
		below(&r.Untested[i])
	}
	return r
}

// Percent is how many of the lines of all policies the tests reach, out of 100; 0
// when nothing was measured.
func (r Report) Percent() float64 {
	covered, total := 0, 0
	for _, f := range r.Files {
		covered += f.Covered
		total += f.Covered + f.Missed
	}
	if total == 0 {
		return 0
	}
	return 100 * float64(covered) / float64(total)
}

// Gaps says in a line each what keeps the tests from being enough, when they must
// reach threshold percent of the lines: a test that did not pass, a policy
// without tests, a reason that no test is answered, lines that none reaches. None
// means that the run is fine. A filtered run has only tests to fail.
func (r Report) Gaps(threshold float64) []string {
	if len(r.Tests) == 0 {
		return []string{"no tests ran"}
	}
	var gaps []string
	if n := r.count(func(o Outcome) bool { return o != Passed }); n > 0 {
		gaps = append(gaps, fmt.Sprintf("%d of %d tests did not pass", n, len(r.Tests)))
	}
	if r.Files == nil {
		return gaps
	}
	for _, name := range r.Untested {
		gaps = append(gaps, name+" has no tests beside it")
	}
	for _, reason := range r.Reasons {
		switch {
		case !reason.Reached:
			gaps = append(gaps, fmt.Sprintf("no test is answered %q", reason.Code))
		case !reason.Declared:
			gaps = append(gaps, fmt.Sprintf("a test is answered %q, which is not declared", reason.Code))
		}
	}
	if p := r.Percent(); p < threshold {
		gaps = append(gaps, fmt.Sprintf("%.1f %% of the lines are reached, less than %.1f %%", p, threshold))
	}
	return gaps
}

func (r Report) count(f func(Outcome) bool) int {
	return len(slices.DeleteFunc(slices.Clone(r.Tests), func(t Test) bool { return !f(t.Outcome) }))
}
