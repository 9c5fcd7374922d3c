package unruled

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/attack"
)

func TestMain(m *testing.M) {
	takeDown()
	m.Run()
}

// Every rule that ent generates is on the list of those that fall.
func TestEveryRuleIsDown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../ent/runtime/runtime.go")
	if err != nil {
		t.Fatal(err)
	}
	var generated []string
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+)\.Policy = `).FindAllStringSubmatch(string(text), -1) {
		generated = append(generated, m[1])
		if policies()[m[1]] == nil {
			t.Errorf("the rule of %s stands", m[1])
		}
	}
	if len(generated) == 0 || len(generated) != len(policies()) {
		t.Errorf("%d rules are generated, and %d fall", len(generated), len(policies()))
	}
}

// Without ent's rules and one more wall, the rest holds: row-level security
// keeps every row, and where that is gone too, composite keys keep every
// reference.
func TestTheOtherWallsHold(t *testing.T) {
	t.Parallel()
	for name, walls := range map[string][]attack.Wall{
		"rules and keys":       {attack.CompositeKeys},
		"rules and decisions":  {attack.Decisions},
		"rules and row checks": {attack.RowSecurity},
	} {
		t.Run("without "+name, func(t *testing.T) {
			t.Parallel()
			c := attack.Without(t, walls...)
			probe(t, c)
			report, err := attack.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(report)
			if keysAlone := slices.Contains(walls, attack.RowSecurity); !keysAlone {
				show(t, "leak", report.Leaks)
			} else {
				sees(t, report)
			}
			if !slices.Contains(walls, attack.CompositeKeys) {
				show(t, "crossing", report.Crossings)
			}
		})
	}
}

// sees holds the attack itself against a server that has lost both: it must
// find rows that show and rows that change, or what it finds elsewhere is
// worth nothing.
func sees(t *testing.T, report attack.Report) {
	t.Helper()
	for _, kind := range []string{" shows at ", "was changed in"} {
		if !slices.ContainsFunc(report.Leaks, func(leak string) bool { return strings.Contains(leak, kind) }) {
			t.Errorf("among %d leaks is none that %s: the attack is blind", len(report.Leaks), kind)
		}
	}
}

// probe asks through ent under a scope that no decision made: a rule refuses,
// and without one there is a number.
func probe(t *testing.T, c attack.Config) {
	t.Helper()
	client := ent.NewClient(ent.Driver(rls.New(rls.Config{Pool: c.Stage.Pool(t, 1), Key: c.Stage.Key})))
	if _, err := client.Call.Query().Count(policy.WithScope(t.Context(), policy.Scope{})); err != nil {
		t.Fatalf("the rules stand: %v", err)
	}
}

func show(t *testing.T, kind string, all []string) {
	t.Helper()
	for _, one := range all[:min(len(all), 20)] {
		t.Errorf("%s: %s", kind, one)
	}
}
