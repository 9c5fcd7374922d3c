package server

import (
	"strings"
)

// Fact is one thing that must be so before a server may serve.
type Fact struct {
	Name string `json:"fact"`
	OK   bool   `json:"ok"`
	// At is where the hole is; Why says why it matters, and Mend what closes it.
	At   string `json:"at,omitempty"`
	Why  string `json:"why,omitempty"`
	Mend string `json:"mend,omitempty"`
}

// String is the fact in one line.
func (f Fact) String() string {
	if f.OK {
		return "ok    " + f.Name
	}
	line := f.Name
	if f.At != "" {
		line += ": " + f.At
	}
	return "HOLE  " + oneLine(line+". "+f.Why+" Mend: "+f.Mend)
}

// Holes are the facts that do not hold.
func Holes(facts []Fact) []Fact {
	var holes []Fact
	for _, f := range facts {
		if !f.OK {
			holes = append(holes, f)
		}
	}
	return holes
}

// Refused is the error of a server that did not start: one line for each wall
// that is down.
type Refused []Fact

// Error implements error.
func (r Refused) Error() string {
	lines := []string{"not serving, because a wall is down:"}
	for _, f := range r {
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

// oneLine keeps what another program said to a line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
