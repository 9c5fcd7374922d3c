package workshop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/voxanne/cascade/policy"
)

// From the database, in the names of clinics: which rights nobody used, and the
// roles without them, which lose nothing that was recorded.
func TestUnusedOfADatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(t, 1, policy.Update, w.sunrise) // denied
	w.ask(t, 2, policy.Read, w.harbor)
	proposed := filepath.Join(t.TempDir(), "roles.rego")
	out, beside, code := w.run(t, "unused", "--since", "2h", "--out", proposed)
	if code != 1 {
		t.Fatalf("%d %s %s", code, out, beside)
	}
	for _, want := range []string{"staff in Sunrise Dental (1 who came):", "staff in Harbor Skin (1 who came):", "none comes out otherwise"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	text, err := os.ReadFile(proposed)
	if err != nil {
		t.Fatal(err)
	}
	tighter := candidate(t, "cascade/roles.rego", "package cascade.roles", "package cascade.roles\n")
	if err := os.WriteFile(filepath.Join(tighter, "cascade", "roles.rego"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, beside, code := w.run(t, "replay", tighter, "--since", "2h"); code != 0 {
		t.Errorf("the proposal differs: %s %s", out, beside)
	}
	if _, beside, code := w.run(t, "unused", "--data", "empty"); code != 2 || !strings.Contains(beside, "which decisions?") {
		t.Errorf("without records: %d %s", code, beside)
	}
}
