package attack_test

import (
	"strings"
	"testing"

	"github.com/voxanne/cascade/server/attack"
)

// With walls taken away, one or two at a time, what remains holds what it
// promises: not one row of another clinic is read or written. Package unruled
// does the same without ent's rules.
func TestTheOtherWallsHold(t *testing.T) {
	t.Parallel()
	for _, walls := range [][]attack.Wall{
		{attack.RowSecurity},
		{attack.CompositeKeys},
		{attack.Decisions},
		{attack.Envelope},
		{attack.RowSecurity, attack.CompositeKeys},
		{attack.RowSecurity, attack.Decisions},
		{attack.CompositeKeys, attack.Decisions},
	} {
		t.Run(name(walls), func(t *testing.T) {
			t.Parallel()
			report, err := attack.Run(t.Context(), attack.Without(t, walls...))
			if err != nil {
				t.Fatal(err)
			}
			t.Log(report)
			show(t, "leak", report.Leaks)
			if !strings.Contains(name(walls), string(attack.CompositeKeys)) {
				show(t, "crossing", report.Crossings)
			}
		})
	}
}

func name(walls []attack.Wall) string {
	var words []string
	for _, w := range walls {
		words = append(words, string(w))
	}
	return "without " + strings.Join(words, " and ")
}
