// Package mutation keeps the score of mutation runs: somebody takes one wall,
// rule or condition away at a time, and counts how often a test notices. What
// nobody notices is either not needed, and then should not be there, or is not
// tested.
//
// The runs themselves stand where the mutated things are: policy/review/mutant
// has the Rego, migrations the database, ent/rule the rules. Command source, below,
// mutates Go.
package mutation

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Score counts mutants and those that a test noticed. Its zero value has seen
// none, which is no pass. It is safe for concurrent use.
type Score struct {
	mu        sync.Mutex
	noticed   int
	stillborn int
	survivors []string
}

// Add counts one mutant under the name that says what was taken away.
func (s *Score) Add(mutant string, noticed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if noticed {
		s.noticed++
		return
	}
	s.survivors = append(s.survivors, mutant)
}

// Stillborn counts a change that does not compile: nobody could make it by
// mistake, so it is no mutant and stands for nothing in the score.
func (s *Score) Stillborn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stillborn++
}

// Mutants is how many there were.
func (s *Score) Mutants() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.noticed + len(s.survivors)
}

// Survivors are the mutants that nothing noticed, in alphabetical order.
func (s *Score) Survivors() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.survivors))
}

// Line is the score in one line: "mutation: 12 mutants of <what>, 12 noticed
// (100 %)". The percentage is rounded down, so that 100 means all.
func (s *Score) Line(what string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	mutants := s.noticed + len(s.survivors)
	percent := 0
	if mutants > 0 {
		percent = 100 * s.noticed / mutants
	}
	line := fmt.Sprintf("mutation: %d mutants of %s, %d noticed (%d %%)", mutants, what, s.noticed, percent)
	if s.stillborn > 0 {
		line += fmt.Sprintf("; %d more did not compile", s.stillborn)
	}
	return line
}

// Report logs the line, and fails t for each survivor, and for fewer mutants
// than least: a run that finds nothing to mutate proves nothing.
func (s *Score) Report(t testing.TB, what string, least int) {
	t.Helper()
	t.Log(s.Line(what))
	if survivors := s.Survivors(); len(survivors) > 0 {
		t.Errorf("nothing noticed these mutants of %s:\n%s", what, strings.Join(survivors, "\n"))
	}
	if n := s.Mutants(); n < least {
		t.Errorf("only %d mutants of %s, not even %d", n, what, least)
	}
}
