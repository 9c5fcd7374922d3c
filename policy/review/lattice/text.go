package lattice

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteText prints the report for people: each group with its most ordinary
// example, and what is narrower without.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d questions, %s against %s, in %s\n", r.Cells, r.Candidate, r.Running, r.Took.Round(10*time.Millisecond))
	for _, s := range []struct {
		name   string
		groups []Group
	}{{"widened", r.Widened}, {"outside", r.Outside}, {"failed", r.Failed}} {
		for _, g := range s.groups {
			fmt.Fprintf(&b, "%s: %s\n  %s\n  %s\n", s.name, g, g.Example.Question, g.Example.Input)
		}
	}
	for _, g := range r.Narrowed {
		fmt.Fprintf(&b, "narrowed: %s\n", g)
	}
	if !r.Findings() {
		b.WriteString("nothing is wider\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
