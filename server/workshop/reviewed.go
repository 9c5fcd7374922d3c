package workshop

import (
	"bytes"
	"fmt"
	"io"

	"github.com/voxanne/cascade/policy/review/finding"
	"github.com/voxanne/cascade/policy/review/lattice"
	"github.com/voxanne/cascade/policy/review/suite"
)

// WriteText writes the report for people: the verdict, then what each check found.
func (r Reviewed) WriteText(to io.Writer) error {
	var b bytes.Buffer
	verdict := "passed"
	switch {
	case !r.Passed:
		verdict = "DID NOT PASS: it stays a draft"
	case r.Widens:
		verdict = "passed, and WIDENS access: somebody other than its author has to approve it"
	}
	fmt.Fprintf(&b, "%s against %s: %s\n", r.Candidate, r.Running, verdict)
	r.tests(&b)
	heading(&b, "check", "every word is known", r.Check)
	heading(&b, "lint", "nothing opens a door by mistake", r.Lint)
	r.widened(&b)
	if r.Replay.Candidate == "" {
		b.WriteString("\nreplay, mutants, cost: not asked while the above is not well\n")
		_, err := to.Write(b.Bytes())
		return err
	}
	b.WriteString("\nreplay: ")
	if err := r.Replay.WriteText(&b); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\nmutants: %s\n", r.Mutate)
	for _, s := range r.Mutate.Survivors {
		fmt.Fprintf(&b, "  %s:%d: nobody notices a change of %s (%s)\n", s.File, s.Line, s.Text, s.What)
	}
	b.WriteString("\ncost: ")
	if r.Cost == nil {
		b.WriteString("nothing was recorded to measure it by\n")
	} else if err := r.Cost.WriteText(&b); err != nil {
		return err
	}
	_, err := to.Write(b.Bytes())
	return err
}

func (r Reviewed) tests(b *bytes.Buffer) {
	failed := 0
	for _, t := range r.Tests.Tests {
		if t.Outcome != suite.Passed {
			failed++
		}
	}
	fmt.Fprintf(b, "\ntests: %d of %d passed, %.1f %% of the lines reached\n", len(r.Tests.Tests)-failed, len(r.Tests.Tests), r.Tests.Percent())
	for _, t := range r.Tests.Tests {
		if t.Outcome == suite.Passed {
			continue
		}
		fmt.Fprintf(b, "  %s:%d: %s.%s: %s %s\n", t.File, t.Line, t.Package, t.Name, t.Outcome, oneLine(t.Error))
		for _, c := range t.Cases {
			if c.Failed {
				fmt.Fprintf(b, "    %s\n", c.Name)
			}
		}
	}
}

// heading prints what a check found, or what it means that it found nothing.
func heading(b *bytes.Buffer, name, well string, all []finding.Finding) {
	if len(all) == 0 {
		fmt.Fprintf(b, "%s: %s\n", name, well)
		return
	}
	fmt.Fprintf(b, "%s: %s\n", name, many(len(all), "finding"))
	for _, f := range all {
		fmt.Fprintf(b, "  %s\n", f)
	}
}

// widened says who may do what they may not now, a sentence each.
func (r Reviewed) widened(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nwidens, of %d kinds of question:\n", r.Widen.Cells)
	for _, s := range []struct {
		name   string
		groups []lattice.Group
	}{{"", r.Widen.Widened}, {"no policy may, and the envelope refuses it: ", r.Widen.Outside}, {"no answer: ", r.Widen.Failed}, {"narrower: ", r.Widen.Narrowed}} {
		for _, g := range s.groups {
			fmt.Fprintf(b, "  %s%s\n", s.name, g)
		}
	}
	if !r.Widen.Findings() {
		b.WriteString("  nothing is wider\n")
	}
}
