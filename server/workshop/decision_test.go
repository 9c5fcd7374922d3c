package workshop_test

import (
	"testing"

	"github.com/voxanne/cascade/server/stage"
)

// A refusal names its decision; the security team asks why.
func TestADecisionIsExplainedByItsID(t *testing.T) {
	t.Parallel()
	s := newTeller(t)
	refused := s.Ask(t, `{ recordingUploads { totalCount } }`, stage.Bearer(s.Member(t, "viewer", "viewer", s.Clinic(t, "sunrise"))))
	if !refused.Is("FORBIDDEN", "role_lacks_right") {
		t.Fatal(refused.Body)
	}
	id, ok := refused.Errors[0].Extensions["decisionId"].(string)
	if !ok {
		t.Fatal(refused.Body)
	}
	s.there(t, 0, []string{
		"denied (role_lacks_right): The role does not include it.", "decided by ", "it would be allowed\n", "were staff (it is viewer)",
		"cascade/member.rego:", "stops at roles.rights[",
	}, "explain", id)
	s.there(t, 0, []string{`"allowed": false`}, "explain", id, "--json")
	s.there(t, 1, []string{"no such decision"}, "explain", stage.NewID().String())
	s.policy(t, 2, []string{"which server?"}, "explain", id)
}
