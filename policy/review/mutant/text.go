package mutant

import (
	"fmt"
	"io"
	"strings"
)

// WriteText prints the report for people: each survivor with its place, then the
// score.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, s := range r.Survivors {
		fmt.Fprintf(&b, "%s:%d: nobody notices a change of %s (%s)\n", s.File, s.Line, s.Text, s.What)
	}
	fmt.Fprintln(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}
