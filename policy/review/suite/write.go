package suite

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteText writes the report as go test does: what did not pass, then a line for
// each policy with its coverage, what is not reached and why, the sum, and the
// gaps. With verbose, tests that passed are listed too.
func (r Report) WriteText(w io.Writer, gaps []string, verbose bool) error {
	var b strings.Builder
	cases := 0
	for _, t := range r.Tests {
		cases += max(1, len(t.Cases))
		if t.Outcome == Passed && !verbose {
			continue
		}
		fmt.Fprintf(&b, "--- %s: %s.%s (%.2fs)\n", strings.ToUpper(string(t.Outcome)), t.Package, t.Name, t.Seconds)
		fmt.Fprintf(&b, "    %s:%d\n", t.File, t.Line)
		for _, line := range []string{t.Error, t.Output} {
			indent(&b, "    ", line)
		}
		if len(t.Cases) == 0 {
			indent(&b, "    ", t.At)
		}
		for _, c := range t.Cases {
			if word := "pass"; c.Failed || verbose {
				if c.Failed {
					word = "FAIL"
				}
				fmt.Fprintf(&b, "    %s: %s\n", word, c.Name)
				indent(&b, "        ", c.At)
			}
		}
	}
	width := 0
	for _, f := range r.Files {
		width = max(width, len(f.Name))
	}
	for _, f := range r.Files {
		fmt.Fprintf(&b, "%-*s %5.1f %% of %d lines\n", width, f.Name, f.Percent, f.Covered+f.Missed)
		for _, missed := range f.Ranges {
			fmt.Fprintf(&b, "    %s:%d-%d: %s\n", f.Name, missed.From, missed.To, missed.Why)
		}
	}
	passed := r.count(func(o Outcome) bool { return o == Passed })
	fmt.Fprintf(&b, "%d of %d tests passed, %d cases", passed, len(r.Tests), cases)
	if r.Files != nil {
		fmt.Fprintf(&b, ", %.1f %% of the lines", r.Percent())
	}
	b.WriteString("\n")
	for _, gap := range gaps {
		b.WriteString("FAIL: " + gap + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func indent(b *strings.Builder, by, text string) {
	for line := range strings.Lines(text) {
		b.WriteString(by + strings.TrimRight(line, "\n") + "\n")
	}
}

// WriteJSON writes the report as one object.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
