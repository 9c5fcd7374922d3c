package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A server hands the decisions that it makes on to a file, and its metrics tell.
func TestAServerHandsDecisionsOn(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	s.config.DecisionLogURL = "file://" + path
	s.start(t)
	org := s.clinic(t, "sunrise")
	token := s.member(t, "ada", "staff", org)
	s.ask(t, calls, bearer(token))
	eventually(t, "the decision is in the file", func() bool {
		text, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(text), `"reason":"clinic_role"`) && strings.Contains(string(text), org.String())
	})
	eventually(t, "the metrics tell", func() bool {
		text := s.do(t, "GET", "/metrics", "").Body
		return strings.Contains(text, "cascade_decision_log_refused 0") && !strings.Contains(text, "cascade_decision_log_delivered_total 0")
	})
}
