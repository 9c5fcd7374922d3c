package graph_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/policy"
)

const (
	readInbound   = `{ inboundAgentConfig { id systemPrompt firstMessage voice maxCallSeconds businessHours enabled agent { name } phoneNumber { e164 } } }`
	updateInbound = `mutation($in: UpdateInboundAgentConfigInput!) { updateInboundAgentConfig(input: $in) { inboundAgentConfig { id systemPrompt voice businessHours enabled agent { name } phoneNumber { e164 } } } }`
)

type inboundRow struct {
	InboundAgentConfig *struct {
		ID, SystemPrompt, Voice string
		BusinessHours           map[string]any
		Enabled                 bool
		Agent                   *struct{ Name string }
		PhoneNumber             *struct{ E164 string }
	}
}

// A clinic has no configuration until it says something; then it has one.
func TestAnInboundConfigurationsLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	if got := c.ask(t, c.staff, readInbound, nil); string(got.Data) != `{"inboundAgentConfig":null}` || len(got.Errors) > 0 {
		t.Errorf("at first: %s", got.Body)
	}
	paige := c.agentOf(t, c.own, "Paige")
	number := c.row(t, "phone_number", "phone_numbers", c.own, map[string]any{"e164": "+442071838750"})
	var first, second struct{ UpdateInboundAgentConfig inboundRow }
	hours := map[string]any{"mon": []any{map[string]any{"open": "09:00", "close": "12:30"}, map[string]any{"open": "12:30", "close": "24:00"}}, "sun": []any{}}
	c.ask(t, c.admin, updateInbound, map[string]any{"in": map[string]any{"systemPrompt": "Be kind.", "businessHours": hours, "agentId": paige, "phoneNumberId": number}}).
		decode(t, &first)
	row := first.UpdateInboundAgentConfig.InboundAgentConfig
	if row == nil || row.SystemPrompt != "Be kind." || row.Voice != "Paige" || !row.Enabled || len(row.BusinessHours) != 2 ||
		row.Agent == nil || row.PhoneNumber == nil {
		t.Fatalf("made: %+v", row)
	}
	c.ask(t, c.admin, updateInbound, map[string]any{"in": map[string]any{"voice": "Nova", "agentId": nil}}).decode(t, &second)
	again := second.UpdateInboundAgentConfig.InboundAgentConfig
	if again.ID != row.ID || again.Voice != "Nova" || again.SystemPrompt != "Be kind." || again.Agent != nil || again.PhoneNumber == nil || len(again.BusinessHours) != 2 {
		t.Errorf("changed: %+v", again)
	}
	if got := c.ask(t, c.viewer, readInbound, nil); !strings.Contains(got.Body, `"voice":"Nova"`) {
		t.Errorf("read: %s", got.Body)
	}
	if got := c.ask(t, member(c.other, "harbor", policy.Owner), readInbound, nil); string(got.Data) != `{"inboundAgentConfig":null}` {
		t.Errorf("the neighbour reads: %s", got.Body)
	}
	if got := c.ask(t, c.staff, updateInbound, map[string]any{"in": map[string]any{"enabled": false}}); got.code() != "FORBIDDEN" {
		t.Errorf("staff: %s", got.Body)
	}
	for _, a := range []policy.Action{policy.Create, policy.Update} {
		if n := c.recorded(t, c.admin, a, policy.InboundConfig); n != 2 {
			t.Errorf("%d records of %s", n, a)
		}
	}
}

// Many who make it at once make one.
func TestAnInboundConfigurationIsMadeOnce(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if got := c.ask(t, c.admin, updateInbound, map[string]any{"in": map[string]any{"voice": "Nova"}}); len(got.Errors) > 0 {
				t.Errorf("at once: %s", got.Body)
			}
		})
	}
	all.Wait()
	if n := c.count(t, `select count(*) from inbound_agent_config where voice = 'Nova'`); n != 1 {
		t.Errorf("%d configurations", n)
	}
}

// What another clinic has cannot be referred to, and nothing is half done.
func TestInboundReferencesOfOthers(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	agent := c.agentOf(t, c.other, "Foreign")
	number := c.row(t, "phone_number", "phone_numbers", c.other, map[string]any{"e164": "+442071838751"})
	released := c.row(t, "phone_number", "phone_numbers", c.own, map[string]any{"e164": "+442071838752", "status": "released"})
	for field, foreign := range map[string]string{"agentId": agent, "phoneNumberId": number} {
		prefix, _, _ := strings.Cut(foreign, "_0")
		a := c.ask(t, c.owner, updateInbound, map[string]any{"in": map[string]any{"voice": "Nova", field: foreign}})
		b := c.ask(t, c.owner, updateInbound, map[string]any{"in": map[string]any{"voice": "Nova", field: nodeid.Encode(prefix, uuid.Must(uuid.NewV7()))}})
		if a.code() != "NOT_FOUND" || a.Body != b.Body || a.Status != b.Status {
			t.Errorf("foreign %s\nabsent %s", a.Body, b.Body)
		}
	}
	if got := c.ask(t, c.owner, updateInbound, map[string]any{"in": map[string]any{"phoneNumberId": released}}); got.code() != "CONFLICT" {
		t.Errorf("a released number: %s", got.Body)
	}
	if n := c.count(t, `select count(*) from inbound_agent_config`); n != 0 {
		t.Error("something was half done")
	}
}

func TestInboundInputsThatCouldNotBe(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	span := func(opens, closes any) map[string]any { return map[string]any{"open": opens, "close": closes} }
	for name, in := range map[string]map[string]any{
		"no voice":       {"voice": ""},
		"a long call":    {"maxCallSeconds": 8000},
		"a day":          {"businessHours": map[string]any{"monday": []any{}}},
		"no list":        {"businessHours": map[string]any{"mon": "09:00-17:00"}},
		"no span":        {"businessHours": map[string]any{"mon": []any{"09:00"}}},
		"a time":         {"businessHours": map[string]any{"mon": []any{span("9:00", "17:00")}}},
		"past midnight":  {"businessHours": map[string]any{"mon": []any{span("22:00", "02:00")}}},
		"25 o'clock":     {"businessHours": map[string]any{"mon": []any{span("22:00", "25:00")}}},
		"a number":       {"businessHours": map[string]any{"mon": []any{span(9, 17)}}},
		"more than that": {"businessHours": map[string]any{"mon": []any{map[string]any{"open": "09:00", "close": "10:00", "who": "x"}}}},
		"overlapping":    {"businessHours": map[string]any{"mon": []any{span("09:00", "13:00"), span("12:00", "17:00")}}},
		"out of order":   {"businessHours": map[string]any{"mon": []any{span("14:00", "17:00"), span("09:00", "12:00")}}},
	} {
		if got := c.ask(t, c.admin, updateInbound, map[string]any{"in": in}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %.200s", name, got.Body)
		}
	}
	if n := c.count(t, `select count(*) from inbound_agent_config`); n != 0 {
		t.Error("something was half done")
	}
}
