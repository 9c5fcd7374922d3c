package suite

import (
	"encoding/xml"
	"fmt"
	"io"
)

// The parts of JUnit's XML that build servers read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Seconds  string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
		seconds  float64
	}
	junitCase struct {
		Name    string      `xml:"name,attr"`
		Class   string      `xml:"classname,attr"`
		File    string      `xml:"file,attr"`
		Line    int         `xml:"line,attr"`
		Seconds string      `xml:"time,attr"`
		Failure *junitFault `xml:"failure"`
		Error   *junitFault `xml:"error"`
		Skipped *struct{}   `xml:"skipped"`
		Output  string      `xml:"system-out,omitempty"`
	}
	junitFault struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit's XML: a suite for each package, a case
// for each test and for each row of a table test. A table's time is its first
// row's, so that the sum is right. Each of gaps is a failed case of a suite of its own.
func (r Report) WriteJUnit(w io.Writer, gaps []string) error {
	var all junitSuites
	for _, t := range r.Tests {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != t.Package {
			all.Suites = append(all.Suites, junitSuite{Name: t.Package})
		}
		all.Suites[len(all.Suites)-1].add(t)
	}
	if len(gaps) > 0 {
		g := junitSuite{Name: "gaps"}
		for _, gap := range gaps {
			g.Tests, g.Failures = g.Tests+1, g.Failures+1
			g.Cases = append(g.Cases, junitCase{Name: gap, Class: "gaps", Seconds: "0.000", Failure: &junitFault{Message: gap}})
		}
		all.Suites = append(all.Suites, g)
	}
	for i := range all.Suites {
		s := &all.Suites[i]
		s.Seconds = fmt.Sprintf("%.3f", s.seconds)
		all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
		all.Errors, all.Skipped = all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (s *junitSuite) add(t Test) {
	s.seconds += t.Seconds
	one := junitCase{Name: t.Name, Class: t.Package, File: t.File, Line: t.Line, Seconds: fmt.Sprintf("%.3f", t.Seconds), Output: t.Output}
	rows := t.Cases
	if len(rows) == 0 || t.Outcome == Broken || t.Outcome == Skipped {
		rows = []Case{{Failed: t.Outcome == Failed, At: t.At}}
	}
	for _, row := range rows {
		c := one
		if row.Name != "" {
			c.Name += "/" + row.Name
		}
		s.Tests++
		switch {
		case t.Outcome == Broken:
			s.Errors++
			c.Error = &junitFault{Message: t.Error, Text: t.Error}
		case t.Outcome == Skipped:
			s.Skipped++
			c.Skipped = &struct{}{}
		case row.Failed:
			s.Failures++
			c.Failure = &junitFault{Message: "the test does not hold", Text: row.At}
		}
		s.Cases = append(s.Cases, c)
		one.Seconds, one.Output = "0.000", ""
	}
}
