package graph_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy"
)

const (
	createRule = `mutation($in: CreateEscalationRuleInput!) { createEscalationRule(input: $in) { escalationRule { id name trigger triggerValue transferNumber priority enabled } } }`
	updateRule = `mutation($id: ID!, $in: UpdateEscalationRuleInput = {}) { updateEscalationRule(id: $id, input: $in) { escalationRule { id name trigger triggerValue transferNumber priority enabled } } }`
	deleteRule = `mutation($id: ID!) { deleteEscalationRule(id: $id) { deletedId } }`
)

type ruleRow struct {
	ID, Name, Trigger, TransferNumber string
	TriggerValue                      map[string]any
	Priority                          int
	Enabled                           bool
}

// A rule is made, changed and removed; what it once raised outlives it.
func TestARulesLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var made struct {
		CreateEscalationRule struct{ EscalationRule ruleRow }
	}
	in := map[string]any{"name": "Long wait", "trigger": "WAIT_TIME", "triggerValue": map[string]any{"seconds": 90}, "transferNumber": "+442071838750"}
	c.ask(t, c.admin, createRule, map[string]any{"in": in}).decode(t, &made)
	rule := made.CreateEscalationRule.EscalationRule
	want := ruleRow{
		ID: rule.ID, Name: "Long wait", Trigger: "WAIT_TIME", TransferNumber: "+442071838750",
		TriggerValue: map[string]any{"seconds": 90.0}, Priority: 100, Enabled: true,
	}
	if diff := cmp.Diff(want, rule); diff != "" {
		t.Error(diff)
	}
	var changed struct {
		UpdateEscalationRule struct{ EscalationRule ruleRow }
	}
	change := map[string]any{"priority": 1, "enabled": false, "trigger": "MANUAL", "triggerValue": map[string]any{}}
	c.ask(t, c.admin, updateRule, map[string]any{"id": rule.ID, "in": change}).decode(t, &changed)
	want.Priority, want.Enabled, want.Trigger, want.TriggerValue = 1, false, "MANUAL", map[string]any{}
	if diff := cmp.Diff(want, changed.UpdateEscalationRule.EscalationRule); diff != "" {
		t.Error(diff)
	}
	c.ask(t, c.admin, updateRule, map[string]any{"id": rule.ID}).decode(t, &changed)
	if diff := cmp.Diff(want, changed.UpdateEscalationRule.EscalationRule); diff != "" {
		t.Errorf("nothing was asked, and it changed: %s", diff)
	}

	c.row(t, "escalation_rule", "escalation_rules", c.other, map[string]any{"name": "Foreign", "trigger": "manual", "transfer_number": "+442071838751"})
	const list = `{ escalationRules { totalCount nodes { name } } }`
	if got := c.ask(t, c.viewer, list, nil); !strings.Contains(got.Body, `{"totalCount":1,"nodes":[{"name":"Long wait"}]}`) {
		t.Errorf("rules: %s", got.Body)
	}
	c.Exec(t, `insert into escalations (org_id, id, rule_id, urgency, raised_at) values ($1, gen_random_uuid(), $2, 'high', now())`, c.own, rowID(t, rule.ID))
	if got := c.ask(t, c.admin, deleteRule, map[string]any{"id": rule.ID}); !strings.Contains(got.Body, `"deletedId":"`+rule.ID+`"`) {
		t.Errorf("removed: %s", got.Body)
	}
	if n := c.count(t, `select count(*) from escalations where rule_id is null and org_id = $1`, c.own); n != 1 {
		t.Error("the escalation did not outlive its rule")
	}
	if got := c.ask(t, c.admin, deleteRule, map[string]any{"id": rule.ID}); got.code() != "NOT_FOUND" {
		t.Errorf("removed twice: %s", got.Body)
	}
	for _, a := range []policy.Action{policy.Create, policy.Delete} {
		if n := c.recorded(t, c.admin, a, policy.EscalationRule); n == 0 {
			t.Errorf("%s is not on record", a)
		}
	}
}

func TestRulesOfOthers(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	foreign := c.row(t, "escalation_rule", "escalation_rules", c.other, map[string]any{"name": "Foreign", "trigger": "manual", "transfer_number": "+442071838751"})
	c.refuses(t, c.owner, updateRule, map[string]any{"in": map[string]any{"enabled": false}}, foreign)
	c.refuses(t, c.owner, deleteRule, nil, foreign)
	if n := c.count(t, `select count(*) from escalation_rules where enabled`); n != 1 {
		t.Error("the other clinic's rule was touched")
	}
}

func TestRulesThatCouldNotBe(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for name, in := range map[string]map[string]any{
		"no name":       {"name": ""},
		"a number":      {"transferNumber": "front desk"},
		"a priority":    {"priority": -1},
		"a large value": {"triggerValue": map[string]any{"words": strings.Repeat("x", 17_000)}},
		"a NUL":         {"triggerValue": map[string]any{"words": "a\x00b"}},
	} {
		whole := map[string]any{"name": "Long wait", "trigger": "WAIT_TIME", "transferNumber": "+442071838750"}
		maps.Copy(whole, in)
		if got := c.ask(t, c.admin, createRule, map[string]any{"in": whole}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %.200s", name, got.Body)
		}
	}
	if n := c.count(t, `select count(*) from escalation_rules`); n != 0 {
		t.Errorf("%d rules were made", n)
	}
}
