package graph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/policy"
)

// Who leads a clinic sees how its onboarding goes, operators see every clinic's,
// and staff see none.
func TestOnboardingsAndTheirSteps(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for _, org := range []uuid.UUID{c.own, c.other} {
		c.row(t, "onboarding", "onboardings", org, map[string]any{
			"waits_for": "verification", "request": `{"email": "owner-` + org.String() + `@example.com"}`, "secrets": []byte("hidden-word"),
		})
		for i, name := range []string{"defaults", "invite"} {
			c.row(t, "onboarding_step", "onboarding_steps", org, map[string]any{"name": name, "place": i, "status": "done", "attempts": 1})
		}
	}
	const document = `{ onboarding { status waitsFor organizationId } onboardingSteps { nodes { name place status } } }`
	var got struct {
		Onboarding      struct{ Status, WaitsFor, OrganizationID string }
		OnboardingSteps struct {
			Nodes []struct{ Name, Status string }
		}
	}
	answer := c.ask(t, member(c.own, "own", policy.Admin), document, nil)
	answer.decode(t, &got)
	own := nodeid.Encode("organization", c.own)
	if got.Onboarding.Status != "RUNNING" || got.Onboarding.WaitsFor != "VERIFICATION" || got.Onboarding.OrganizationID != own {
		t.Errorf("%+v", got.Onboarding)
	}
	want := []struct{ Name, Status string }{{"defaults", "DONE"}, {"invite", "DONE"}}
	if diff := cmp.Diff(want, got.OnboardingSteps.Nodes); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(answer.Body, "hidden-word") || strings.Contains(answer.Body, "@example.com") {
		t.Errorf("it tells what was asked in confidence: %s", answer.Body)
	}
	var after struct {
		OnboardingSteps struct {
			Nodes    []struct{ Name string }
			PageInfo struct{ EndCursor string }
		}
	}
	c.ask(t, c.owner, `{ onboardingSteps(first: 1) { nodes { name } pageInfo { endCursor } } }`, nil).decode(t, &after)
	first := after.OnboardingSteps.Nodes[0].Name
	c.ask(t, c.owner, `{ onboardingSteps(first: 1, after: "`+after.OnboardingSteps.PageInfo.EndCursor+`") { nodes { name } pageInfo { endCursor } } }`, nil).decode(t, &after)
	if first != "defaults" || after.OnboardingSteps.Nodes[0].Name != "invite" {
		t.Errorf("page by page: %v, %v", first, after.OnboardingSteps.Nodes)
	}
	if got := c.ask(t, c.staff, document, nil); !strings.Contains(got.Body, "FORBIDDEN") {
		t.Errorf("staff: %s", got.Body)
	}
	operator := platformStaff(policy.Operator)
	for filter, want := range map[string]int{"": 4, `(where: {organizationId: "` + own + `"})`: 2} {
		var all struct {
			Onboardings, OnboardingSteps struct{ TotalCount int }
		}
		c.ask(t, operator, `{ onboardings { totalCount } onboardingSteps`+filter+` { totalCount } }`, nil).decode(t, &all)
		if all.Onboardings.TotalCount != 2 || all.OnboardingSteps.TotalCount != want {
			t.Errorf("an operator, %s: %+v", filter, all)
		}
	}
}
