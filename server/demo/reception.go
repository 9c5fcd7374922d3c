package demo

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/agent"
	"github.com/voxanne/cascade/ent/escalationrule"
	"github.com/voxanne/cascade/ent/integration"
	"github.com/voxanne/cascade/ent/knowledgearticle"
	"github.com/voxanne/cascade/ent/phonenumber"
)

// Places in dataset.agents and dataset.numbers.
const (
	inbound, outbound = 0, 1
	mainLine          = 0
)

// reception makes what answers the phone.
func (m *maker) reception() {
	born := opened.Add(2 * time.Hour)
	for i, a := range []struct {
		name, role, prompt, greeting, model string
		active                              bool
	}{
		{"Paige, front desk", "inbound", "You answer the phone of %s. Be brief and kind, book visits, and hand over what is urgent.", "%s, this is Paige. How can I help you today?", "gpt-4o", true},
		{"Paige, reminders", "outbound", "You call the patients of %s to remind them of visits. Confirm, move or cancel; sell nothing.", "Hello, this is Paige from %s.", "gpt-4o-mini", true},
		{"Night desk", "inbound", "You answer for %s when it is closed. Take a message, and hand over emergencies.", "%s is closed. I can take a message.", "gpt-4o", false},
	} {
		m.agents = append(m.agents, &ent.Agent{
			ID: fixedID(fmt.Sprint(m.slug, " agent ", i)), OrgID: m.org, CreatedAt: born, UpdatedAt: born,
			Name: m.mark(a.name), Role: agent.Role(a.role), SystemPrompt: new(m.mark(fmt.Sprintf(a.prompt, m.name))),
			FirstMessage: m.mark(fmt.Sprintf(a.greeting, m.name)), Model: a.model, Voice: "Paige", Language: m.language,
			MaxCallSeconds: 600, ProviderAssistantID: new(fmt.Sprintf("%s-assistant-%d", m.canary, i+1)), Active: a.active,
		})
	}
	for i, n := range []struct {
		label  string
		agent  *uuid.UUID
		status phonenumber.Status
		cost   int64
	}{
		{"Front desk", &m.agents[inbound].ID, phonenumber.StatusActive, 115},
		{"Reminders", &m.agents[outbound].ID, phonenumber.StatusActive, 115},
		{"Old number from the leaflet", nil, phonenumber.StatusInactive, 100},
	} {
		m.numbers = append(m.numbers, &ent.PhoneNumber{
			ID: fixedID(fmt.Sprint(m.slug, " number ", i)), OrgID: m.org, CreatedAt: born, UpdatedAt: born,
			E164: m.number(m.line, 100+i), Label: m.mark(n.label), Provider: phonenumber.ProviderTwilio,
			ProviderNumberID: new(fmt.Sprintf("%s-number-%d", m.canary, i+1)), Country: m.country, Status: n.status,
			AgentID: n.agent, MonthlyCostMinor: n.cost, Currency: m.currency,
		})
	}
	hours := map[string]any{}
	for day, spans := range m.hours {
		hours[day] = spans
	}
	hours["note"] = m.mark("Closed on public holidays.")
	m.configs = append(m.configs, &ent.InboundAgentConfig{
		ID: fixedID(m.slug + " inbound"), OrgID: m.org, CreatedAt: born, UpdatedAt: born,
		AgentID: &m.agents[inbound].ID, PhoneNumberID: &m.numbers[mainLine].ID, SystemPrompt: m.agents[inbound].SystemPrompt,
		FirstMessage: m.agents[inbound].FirstMessage, Voice: "Paige", Language: m.language, MaxCallSeconds: 600,
		BusinessHours: hours, Enabled: true,
	})
	m.knowledge(born)
	m.connections(born)
	m.handovers(born)
}

// knowledge makes the texts that the assistant draws on.
func (m *maker) knowledge(born time.Time) {
	for i, a := range m.clinic.articles {
		at := born.Add(time.Duration(i) * time.Hour)
		m.dataset.articles = append(m.dataset.articles, &ent.KnowledgeArticle{
			ID: fixedID(fmt.Sprint(m.slug, " article ", i)), OrgID: m.org, CreatedAt: at, UpdatedAt: at,
			Title: m.mark(a.title), Category: knowledgearticle.Category(a.category), Content: m.mark(a.content),
			Language: m.language[:2], Version: 1, Active: true,
		})
	}
}

// connections makes the integrations; connect adds what is secret about them.
func (m *maker) connections(born time.Time) {
	checked := m.now.Add(-time.Hour)
	for _, c := range []struct {
		provider integration.Provider
		status   integration.Status
		label    string
	}{
		{integration.ProviderVapi, integration.StatusConnected, "Voice"},
		{integration.ProviderTwilio, integration.StatusConnected, "Numbers"},
		{integration.ProviderGoogleCalendar, integration.StatusError, "Calendar of the front desk"},
		{integration.ProviderResend, integration.StatusDisconnected, "Messages to patients"},
	} {
		row := &ent.Integration{
			ID: m.integrationID(c.provider), OrgID: m.org, CreatedAt: born, UpdatedAt: born,
			Provider: c.provider, Status: c.status, Settings: map[string]any{"label": m.mark(c.label)},
		}
		if c.status != integration.StatusDisconnected {
			row.LastCheckedAt = &checked
		}
		m.integrations = append(m.integrations, row)
	}
}

// integrationID is the id of the clinic's connection to a provider.
func (c clinic) integrationID(p integration.Provider) uuid.UUID {
	return fixedID(c.slug + " integration " + string(p))
}

// handovers makes the rules by which a call goes to a person.
func (m *maker) handovers(born time.Time) {
	for i, r := range []struct {
		name    string
		trigger escalationrule.Trigger
		value   map[string]any
	}{
		{"Emergencies", escalationrule.TriggerKeyword, map[string]any{"keywords": []string{m.mark("emergency"), m.mark("ambulance")}}},
		{"Upset callers", escalationrule.TriggerSentiment, map[string]any{"below": 25, "note": m.mark("The office manager calls back.")}},
		{"Whoever asks for a person", escalationrule.TriggerAiRequest, map[string]any{"note": m.mark("After the second time.")}},
	} {
		m.rules = append(m.rules, &ent.EscalationRule{
			ID: fixedID(fmt.Sprint(m.slug, " rule ", i)), OrgID: m.org, CreatedAt: born, UpdatedAt: born,
			Name: m.mark(r.name), Trigger: r.trigger, TriggerValue: r.value, TransferNumber: m.number(m.desk, 10+i),
			Priority: 10 * (i + 1), Enabled: true,
		})
	}
}
