package server

import (
	"fmt"
	"strings"

	"github.com/voxanne/cascade/migrations/lint"
)

// Fact is one thing that a check asked: it holds, or there is a hole. As JSON
// its fields are stable.
type Fact struct {
	// Code is what programs call it.
	Code string `json:"code"`
	// Name is what holds when there is no hole.
	Name string `json:"fact"`
	OK   bool   `json:"ok"`
	// Serve is what a server does at its start about a hole.
	Serve lint.Serve `json:"serve"`
	// At is where the hole is; Why says why it matters, and Mend what closes it.
	At   string `json:"at,omitempty"`
	Why  string `json:"why,omitempty"`
	Mend string `json:"mend,omitempty"`
	// Allowed is what is out of line on purpose, each with the reason that the
	// schema gives.
	Allowed []Allowed `json:"allowed,omitempty"`
}

// Allowed is out of line on purpose.
type Allowed struct {
	At  string `json:"at"`
	Why string `json:"why"`
}

// holds is the fact without a hole.
func (f Fact) holds() Fact {
	return Fact{Code: f.Code, Name: f.Name, OK: true, Serve: f.Serve}
}

// holed is the fact with a hole; a note is none.
func (f Fact) holed(at string) Fact {
	f.At, f.OK = at, f.Serve == lint.Notes
	return f
}

// or is the fact with a hole where there is one, and holds otherwise.
func (f Fact) or(at string, err error) Fact {
	switch {
	case err != nil:
		return f.holed(err.Error()) // what cannot be proved does not hold
	case at != "":
		return f.holed(at)
	default:
		return f.holds()
	}
}

// String is the fact in one line.
func (f Fact) String() string {
	switch {
	case f.At != "":
		word := "HOLE"
		if f.OK {
			word = "note"
		}
		return word + " " + oneLine(f.Code+": "+f.Name+", but: "+f.At+". "+f.Why+" Mend: "+f.Mend)
	case len(f.Allowed) > 0:
		at := make([]string, len(f.Allowed))
		for i, a := range f.Allowed {
			at[i] = a.At
		}
		return "ok   " + oneLine(f.Code+": "+f.Name+" (reasons written for "+strings.Join(at, ", ")+")")
	default:
		return "ok   " + f.Code + ": " + f.Name
	}
}

// Line is what is checked, in one line: what serve does about a hole of it, the
// fact, and why it matters.
func (f Fact) Line() string {
	return fmt.Sprintf("%-8s %s: %s. %s", f.Serve, f.Code, f.Name, f.Why)
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

// refusals are the holes that nothing is served with.
func refusals(facts []Fact) []Fact {
	var refused []Fact
	for _, f := range Holes(facts) {
		if f.Serve == lint.Refuses {
			refused = append(refused, f)
		}
	}
	return refused
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
