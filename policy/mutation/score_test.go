package mutation_test

import (
	"slices"
	"testing"

	"github.com/voxanne/cascade/policy/mutation"
)

// One survivor among two hundred is not 100 %, and no mutants are no score.
func TestScoreIsNeverRoundedUp(t *testing.T) {
	t.Parallel()
	var s mutation.Score
	if got, want := s.Line("nothing"), "mutation: 0 mutants of nothing, 0 noticed (0 %)"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	for range 199 {
		s.Add("noticed", true)
	}
	s.Add("b", false)
	s.Stillborn()
	if got, want := s.Line("x"), "mutation: 200 mutants of x, 199 noticed (99 %); 1 more did not compile"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	if got := s.Survivors(); !slices.Equal(got, []string{"b"}) || s.Mutants() != 200 {
		t.Errorf("%d mutants, survivors %q", s.Mutants(), got)
	}
}
