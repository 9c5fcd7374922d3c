package graph_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy"
)

const (
	createAgent = `mutation($in: CreateAgentInput!) { createAgent(input: $in) { agent { id name systemPrompt voice maxCallSeconds active } } }`
	updateAgent = `mutation($id: ID!, $in: UpdateAgentInput = {}) { updateAgent(id: $id, input: $in) { agent { name systemPrompt voice maxCallSeconds active } } }`
	retireAgent = `mutation($id: ID!) { retireAgent(id: $id) { agent { id active retiredAt } } }`
	agentNames  = `query($where: AgentWhere) { agents(where: $where) { totalCount nodes { id name } } }`
)

type agentRow struct {
	ID, Name, SystemPrompt, Voice string
	MaxCallSeconds                int
	Active                        bool
	RetiredAt                     *time.Time
}

// agentsNamed lists a clinic's agents by name, newest first.
func (c clinicPair) agentsNamed(t *testing.T, where map[string]any) []string {
	t.Helper()
	var out struct {
		Agents struct {
			TotalCount int
			Nodes      []agentRow
		}
	}
	c.ask(t, c.viewer, agentNames, map[string]any{"where": where}).decode(t, &out)
	names := []string{}
	for _, a := range out.Agents.Nodes {
		names = append(names, a.Name)
	}
	if out.Agents.TotalCount != len(names) {
		t.Errorf("totalCount = %d of %v", out.Agents.TotalCount, names)
	}
	return names
}

// An agent is hired, taught, rested, and retires for good.
func TestAnAgentsLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var made struct{ CreateAgent struct{ Agent agentRow } }
	c.ask(t, c.admin, createAgent, map[string]any{"in": map[string]any{"name": "Paige", "role": "INBOUND", "systemPrompt": "Be kind."}}).decode(t, &made)
	paige := made.CreateAgent.Agent
	want := agentRow{ID: paige.ID, Name: "Paige", SystemPrompt: "Be kind.", Voice: "Paige", MaxCallSeconds: 600, Active: true}
	if diff := cmp.Diff(want, paige); diff != "" {
		t.Error(diff)
	}
	c.row(t, "agent", "agents", c.other, map[string]any{"name": "Foreign", "role": "inbound"})
	c.row(t, "agent", "agents", c.own, map[string]any{"name": "Otto", "role": "outbound", "created_at": time.Now().Add(time.Hour)})

	var changed struct{ UpdateAgent struct{ Agent agentRow } }
	c.ask(t, c.admin, updateAgent, map[string]any{"id": paige.ID, "in": map[string]any{"voice": "Nova", "active": false}}).decode(t, &changed)
	want.ID, want.Voice, want.Active = "", "Nova", false
	if diff := cmp.Diff(want, changed.UpdateAgent.Agent); diff != "" {
		t.Error(diff)
	}
	c.ask(t, c.admin, updateAgent, map[string]any{"id": paige.ID, "in": map[string]any{"systemPrompt": ""}}).decode(t, &changed)
	if n := c.count(t, `select count(*) from agents where id = $1 and system_prompt is null and voice = 'Nova'`, rowID(t, paige.ID)); n != 1 {
		t.Error("an empty prompt was not cleared, or took more with it")
	}

	if got := c.agentsNamed(t, nil); !cmp.Equal(got, []string{"Otto", "Paige"}) {
		t.Errorf("agents: %v", got)
	}
	if got := c.agentsNamed(t, map[string]any{"active": true}); !cmp.Equal(got, []string{"Otto"}) {
		t.Errorf("active agents: %v", got)
	}
	var retired struct{ RetireAgent struct{ Agent agentRow } }
	c.ask(t, c.admin, retireAgent, map[string]any{"id": paige.ID}).decode(t, &retired)
	first := retired.RetireAgent.Agent.RetiredAt
	c.ask(t, c.admin, retireAgent, map[string]any{"id": paige.ID}).decode(t, &retired)
	if again := retired.RetireAgent.Agent.RetiredAt; first == nil || again == nil || !first.Equal(*again) {
		t.Errorf("retired at %v, and again at %v", first, again)
	}
	if got := c.ask(t, c.admin, updateAgent, map[string]any{"id": paige.ID, "in": map[string]any{"active": true}}); got.code() != "CONFLICT" {
		t.Errorf("a retired agent went back to work: %s", got.Body)
	}
	if got := c.agentsNamed(t, nil); !cmp.Equal(got, []string{"Otto"}) {
		t.Errorf("in service: %v", got)
	}
	if got := c.agentsNamed(t, map[string]any{"includeRetired": true, "role": "INBOUND"}); !cmp.Equal(got, []string{"Paige"}) {
		t.Errorf("with the retired: %v", got)
	}
	if n := c.recorded(t, c.admin, policy.Create, policy.Agent); n != 1 {
		t.Errorf("%d records of the creation", n)
	}
}

// Another clinic's agents are as absent as those that never were, and are left
// as they are.
func TestAgentsOfOthers(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	foreign := c.row(t, "agent", "agents", c.other, map[string]any{"name": "Foreign", "role": "inbound"})
	c.refuses(t, c.owner, updateAgent, map[string]any{"in": map[string]any{"name": "Mine"}}, foreign)
	c.refuses(t, c.owner, retireAgent, nil, foreign)
	if n := c.count(t, `select count(*) from agents where name = 'Foreign' and retired_at is null`); n != 1 {
		t.Error("the other clinic's agent was touched")
	}
	for _, document := range []string{`query($id: ID!) { agent(id: $id) { id } }`, `query($id: ID!) { node(id: $id) { id } }`} {
		if got := c.ask(t, c.owner, document, map[string]any{"id": foreign}); len(got.Errors) > 0 || strings.Contains(got.Body, foreign) {
			t.Errorf("%s: %s", document, got.Body)
		}
	}
}

func TestAgentsThatCouldNotBe(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for name, in := range map[string]map[string]any{
		"no name":       {"name": "  "},
		"a long name":   {"name": strings.Repeat("é", 101)},
		"a long prompt": {"systemPrompt": strings.Repeat("x", 20_001)},
		"a NUL":         {"firstMessage": "a\x00b"},
		"no voice":      {"voice": ""},
		"a language":    {"language": "English, please"},
		"too short":     {"maxCallSeconds": 29},
		"too long":      {"maxCallSeconds": 7201},
	} {
		whole := map[string]any{"name": "Paige", "role": "INBOUND"}
		maps.Copy(whole, in)
		if got := c.ask(t, c.admin, createAgent, map[string]any{"in": whole}); got.code() != "BAD_USER_INPUT" || strings.Contains(got.Body, "xxxx") {
			t.Errorf("%s: %.300s", name, got.Body)
		}
	}
	if n := c.count(t, `select count(*) from agents`); n != 0 {
		t.Errorf("%d agents were made", n)
	}
}

// A partner whose grant hides the prompt does not see it in what it reads, nor
// in what its own changes return.
func TestAHiddenPromptStaysHidden(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	id := c.row(t, "agent", "agents", c.own, map[string]any{"name": "Paige", "role": "inbound", "system_prompt": "canary-prompt"})
	partner := c.partner(policy.Grant{
		Actions: []policy.Action{policy.Read, policy.Update}, Resources: []policy.Resource{policy.Agent}, Masks: map[policy.Resource][]string{policy.Agent: {"system_prompt"}},
		Starts: time.Now().Add(-time.Hour), Expires: time.Now().Add(time.Hour),
	}, "agent:read", "agent:update")
	for document, label := range map[string]string{
		`query($id: ID!) { agent(id: $id) { name systemPrompt } }`:                                                        "Agent.systemPrompt",
		`query($id: ID!) { node(id: $id) { ... on Agent { name systemPrompt } } }`:                                        "Agent.systemPrompt",
		`query { agents { nodes { name systemPrompt } } }`:                                                                "Agent.systemPrompt",
		`query { agents { edges { node { name p: systemPrompt } } } }`:                                                    "Agent.systemPrompt",
		`mutation($id: ID!) { updateAgent(id: $id, input: {voice: "Nova"}) { agent { name systemPrompt } } }`:             "Agent.systemPrompt",
		`mutation($id: ID!) { retireAgent(id: $id) { agent { name systemPrompt } } }`:                                     "Agent.systemPrompt",
		`query($id: ID!) { agent(id: $id) { ...f } agents { nodes { ...f } } } fragment f on Agent { name systemPrompt }`: "Agent.systemPrompt",
	} {
		var variables map[string]any
		if strings.Contains(document, "$id") {
			variables = map[string]any{"id": id}
		}
		got := c.askWith(t, partner, document, variables)
		if strings.Contains(got.Body, "canary") || !strings.Contains(got.Body, label) {
			t.Errorf("%s: %s", document, got.Body)
		}
		if mine := c.ask(t, c.staff, document, variables); !strings.Contains(document, "mutation") &&
			!strings.Contains(document, "agents") && !strings.Contains(mine.Body, "canary-prompt") {
			t.Errorf("the clinic itself does not see it: %s", mine.Body)
		}
	}
}
