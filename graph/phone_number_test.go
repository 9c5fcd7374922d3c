package graph_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/policy"
)

const (
	createNumber = `mutation($in: CreatePhoneNumberInput!) { createPhoneNumber(input: $in) { phoneNumber { id e164 label status country agent { name } } } }`
	updateNumber = `mutation($id: ID!, $in: UpdatePhoneNumberInput = {}) { updatePhoneNumber(id: $id, input: $in) { phoneNumber { id label status agent { name } } } }`
	retireNumber = `mutation($id: ID!) { retirePhoneNumber(id: $id) { phoneNumber { id status releasedAt } } }`
)

type numberRow struct {
	ID, E164, Label, Status, Country string
	Agent                            *struct{ Name string }
}

// agentOf makes an agent of a clinic past every wall.
func (c clinicPair) agentOf(t *testing.T, org uuid.UUID, name string) string {
	t.Helper()
	return c.row(t, "agent", "agents", org, map[string]any{"name": name, "role": "inbound"})
}

// A number is registered, answered by an agent, rested, and given up.
func TestANumbersLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	paige := c.agentOf(t, c.own, "Paige")
	var made struct {
		CreatePhoneNumber struct{ PhoneNumber numberRow }
	}
	c.ask(t, c.admin, createNumber, map[string]any{"in": map[string]any{"e164": "+442071838750", "country": "GB", "agentId": paige}}).decode(t, &made)
	number := made.CreatePhoneNumber.PhoneNumber
	want := numberRow{ID: number.ID, E164: "+442071838750", Status: "ACTIVE", Country: "GB", Agent: &struct{ Name string }{"Paige"}}
	if diff := cmp.Diff(want, number); diff != "" {
		t.Error(diff)
	}
	if again := c.ask(t, c.admin, createNumber, map[string]any{"in": map[string]any{"e164": "+442071838750"}}); again.code() != "CONFLICT" {
		t.Errorf("the number twice: %s", again.Body)
	}

	change := func(in map[string]any) numberRow {
		t.Helper()
		var out struct {
			UpdatePhoneNumber struct{ PhoneNumber numberRow }
		}
		c.ask(t, c.admin, updateNumber, map[string]any{"id": number.ID, "in": in}).decode(t, &out)
		return out.UpdatePhoneNumber.PhoneNumber
	}
	if got := change(map[string]any{"label": "Front desk", "active": false}); got.Label != "Front desk" || got.Status != "INACTIVE" || got.Agent == nil {
		t.Errorf("rested: %+v", got)
	}
	if got := change(map[string]any{"active": true}); got.Status != "ACTIVE" || got.Agent == nil || got.Label != "Front desk" {
		t.Errorf("back: %+v", got)
	}
	// A variable that is not sent leaves its field out; null takes the agent off.
	const off = `mutation($id: ID!, $agent: ID) { updatePhoneNumber(id: $id, input: {agentId: $agent}) { phoneNumber { agent { name } } } }`
	for _, step := range []struct {
		document  string
		variables map[string]any
		agent     bool
	}{
		{off, map[string]any{"id": number.ID}, true},
		{off, map[string]any{"id": number.ID, "agent": nil}, false},
		{off, map[string]any{"id": number.ID, "agent": paige}, true},
		{strings.ReplaceAll(off, "$agent}", "null}"), map[string]any{"id": number.ID, "agent": paige}, false},
		{off, map[string]any{"id": number.ID, "agent": paige}, true},
		{updateNumber, map[string]any{"id": number.ID, "in": map[string]any{"agentId": nil}}, false},
	} {
		got := c.ask(t, c.admin, strings.Replace(step.document, "($id: ID!, $agent: ID)", paramsOf(step.document), 1), step.variables)
		if len(got.Errors) > 0 || strings.Contains(got.Body, "Paige") != step.agent {
			t.Errorf("%s %v: %s", step.document, step.variables, got.Body)
		}
	}

	for range 2 {
		got := c.ask(t, c.admin, retireNumber, map[string]any{"id": number.ID})
		if !strings.Contains(got.Body, `"status":"RELEASED"`) || strings.Contains(got.Body, `"releasedAt":null`) {
			t.Errorf("released: %s", got.Body)
		}
	}
	if got := c.ask(t, c.admin, updateNumber, map[string]any{"id": number.ID, "in": map[string]any{"active": true}}); got.code() != "CONFLICT" {
		t.Errorf("a released number came back: %s", got.Body)
	}
	if n := c.recorded(t, c.admin, policy.Create, policy.PhoneNumber); n != 1 {
		t.Errorf("%d records of the creation", n)
	}
}

// paramsOf are a document's variables without those that it does not use.
func paramsOf(document string) string {
	if strings.Contains(document, "{agentId: null}") {
		return "($id: ID!)"
	}
	return "($id: ID!, $agent: ID)"
}

// Another clinic's number, and another clinic's agent, are not there; the
// attempt is on record with that clinic.
func TestNumbersOfOthers(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	foreign := c.row(t, "phone_number", "phone_numbers", c.other, map[string]any{"e164": "+442071838751"})
	mine := c.row(t, "phone_number", "phone_numbers", c.own, map[string]any{"e164": "+442071838752"})
	c.refuses(t, c.owner, updateNumber, map[string]any{"in": map[string]any{"label": "Mine"}}, foreign)
	c.refuses(t, c.owner, retireNumber, nil, foreign)

	theirs := c.agentOf(t, c.other, "Foreign")
	for _, try := range []struct {
		document string
		vary     func(agent string) map[string]any
	}{
		{createNumber, func(agent string) map[string]any {
			return map[string]any{"in": map[string]any{"e164": "+442071838753", "agentId": agent}}
		}},
		{updateNumber, func(agent string) map[string]any {
			return map[string]any{"id": mine, "in": map[string]any{"agentId": agent}}
		}},
	} {
		a := c.ask(t, c.owner, try.document, try.vary(theirs))
		b := c.ask(t, c.owner, try.document, try.vary(nodeid.Encode("agent", uuid.Must(uuid.NewV7()))))
		if a.code() != "NOT_FOUND" || a.Body != b.Body || a.Status != b.Status {
			t.Errorf("foreign %s\nabsent %s", a.Body, b.Body)
		}
	}
	eventually(t, "the attempts on the agent are on record", func() bool {
		return c.count(t, `select count(*) from audit_decisions where resource = 'agent' and reason = $1 and org_id = $2`, policy.ReasonForeignRow, c.other) > 0
	})
	retired := c.row(t, "agent", "agents", c.own, map[string]any{"name": "Old", "role": "inbound", "retired_at": "2026-01-01"})
	if got := c.ask(t, c.owner, updateNumber, map[string]any{"id": mine, "in": map[string]any{"agentId": retired}}); got.code() != "CONFLICT" {
		t.Errorf("a retired agent answers: %s", got.Body)
	}
	if n := c.count(t, `select count(*) from phone_numbers where agent_id is null and status = 'active' and label = ''`); n != 2 {
		t.Error("something was half done")
	}
}

func TestNumbersThatCouldNotBe(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for name, in := range map[string]map[string]any{
		"no plus":      {"e164": "442071838750"},
		"spaces":       {"e164": " +442071838750"},
		"empty":        {"e164": ""},
		"too long":     {"e164": "+4420718387501234"},
		"a country":    {"country": "Britain"},
		"a long label": {"label": strings.Repeat("x", 101)},
	} {
		whole := map[string]any{"e164": "+442071838750"}
		maps.Copy(whole, in)
		if got := c.ask(t, c.admin, createNumber, map[string]any{"in": whole}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", name, got.Body)
		}
	}
	if n := c.count(t, `select count(*) from phone_numbers`); n != 0 {
		t.Errorf("%d numbers were made", n)
	}
}

// A page of numbers reads its agents in one statement.
func TestNumbersWithTheirAgents(t *testing.T) {
	t.Parallel()
	sent := &statements{}
	a := newAPIWith(t, apiConfig{tracer: sent})
	org := a.clinic(t, "sunrise")
	for _, name := range []string{"Ann", "Bo", "Cy"} {
		agent := a.row(t, "agent", "agents", org, map[string]any{"name": name, "role": "inbound"})
		a.row(t, "phone_number", "phone_numbers", org, map[string]any{"e164": "+44207183875" + string(rune('0'+len(sent.sent))), "agent_id": rowID(t, agent)})
		sent.sent = append(sent.sent, name)
	}
	var got answer
	n := len(sent.during(func() {
		got = a.ask(t, member(org, "sunrise", policy.Viewer), `{ phoneNumbers(where: {status: ACTIVE}) { nodes { e164 agent { name } } } }`, nil)
	}))
	if n != 2 || !strings.Contains(got.Body, "Ann") || !strings.Contains(got.Body, "Cy") {
		t.Errorf("%d statements: %s", n, got.Body)
	}
}
