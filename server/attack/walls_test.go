package attack_test

import (
	"strings"
	"testing"

	"github.com/voxanne/cascade/server/attack"
)

// With any two walls taken away, what remains holds what it promises: not one
// row of another clinic is read or written. Then it holds with either of them
// taken away as well, for a wall more lets no more through. Package unruled has
// the pairs with ent's rules.
func TestTheOtherWallsHold(t *testing.T) {
	t.Parallel()
	for _, walls := range [][]attack.Wall{
		{attack.RowSecurity, attack.CompositeKeys},
		{attack.RowSecurity, attack.Decisions},
		{attack.CompositeKeys, attack.Decisions},
		{attack.RowSecurity, attack.CompositeKeys, attack.Envelope},
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
