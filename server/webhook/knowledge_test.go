package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func (s *stage) article(t testing.TB, c clinic, title, content, language string, active bool) {
	t.Helper()
	s.Exec(t, `insert into knowledge_base (org_id, id, title, content, language, active) values ($1, $2, $3, $4, $5, $6)`,
		c.org, s.config.NewID(), title, content, language, active)
}

// What the clinic's articles say, in their own language's grammar, best first; and
// nothing of what is switched off, retired or another clinic's.
func TestTheKnowledgeBaseAnswers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c, other := s.clinic(t, "lantern"), s.clinic(t, "harbour")
	s.article(t, c, "Parking", "Cars can be parked behind the house. The first hour is free.", "en", true)
	s.article(t, c, "Prices", "A cleaning costs 120 dollars. Whitening costs 300 dollars.", "en-US", true)
	s.article(t, c, "Cleanings", "Our hygienists clean teeth on every weekday. "+strings.Repeat("Words about nothing much. ", 400)+" Fluoride comes with it.", "en", true)
	s.article(t, c, "Limpieza dental", "Las limpiezas dentales cuestan 120 dolares.", "es", true)
	s.article(t, c, "Old prices", "A cleaning costs 80 dollars.", "en", false)
	s.article(t, other, "Their prices", "A cleaning costs 1 dollar.", "en", true)
	s.Exec(t, `insert into knowledge_base (org_id, id, title, content, active, retired_at) values ($1, $2, 'Older prices', 'A cleaning costs 60 dollars.', true, now())`, c.org, s.config.NewID())
	for i, tc := range []struct {
		question string
		first    string
		says     string
	}{
		{"What does it cost to have my teeth cleaned?", "Prices", "120 dollars"},
		{"teeth cleaned by hygienists", "Cleanings", "clean teeth"},
		{"prices", "Prices", "120 dollars"},
		{"where can I park", "Parking", "first hour is free"},
		{"do you use fluorides", "Cleanings", "Fluoride comes with"},
		{"cuanto cuesta una limpieza", "Limpieza dental", "120 dolares"},
		{"is it the", "", ""},
		{"zebras'; drop table knowledge_base; --", "", ""},
		{"& | ! <-> ( :*", "", ""},
	} {
		got := s.use(t, c, "call-1", mira, fmt.Sprint("t", i), "lookup_knowledge", args{"question": tc.question})
		body, _ := json.Marshal(map[string]any{"message": map[string]any{ //nolint:errchkjson // strings
			"type": "knowledge-base-request", "messages": []any{
				map[string]any{"role": "user", "content": "Hello."}, map[string]any{"role": "assistant", "content": "Good day."}, map[string]any{"role": "user", "content": tc.question},
			}, "call": map[string]any{"id": "call-1"},
		}})
		var reply struct {
			Documents []struct {
				Content    string
				Similarity float64
			}
		}
		if answer := s.post(t, c, string(body)); answer.status != http.StatusOK || json.Unmarshal([]byte(answer.body), &reply) != nil || reply.Documents == nil {
			t.Fatalf("%s: %d %s", tc.question, answer.status, answer.body)
		}
		if tc.first == "" {
			if got.Code != "nothing_known" || len(reply.Documents) != 0 {
				t.Errorf("%q: %+v, %v", tc.question, got, reply)
			}
			continue
		}
		if !strings.HasPrefix(got.Did, tc.first+": ") || !strings.Contains(got.Did, tc.says) {
			t.Errorf("%q: %+v", tc.question, got)
		}
		if len(reply.Documents) == 0 || !strings.HasPrefix(reply.Documents[0].Content, tc.first) || reply.Documents[0].Similarity <= 0 || reply.Documents[0].Similarity >= 1 {
			t.Errorf("%q: %v", tc.question, reply)
		}
		for _, hidden := range []string{" 80 ", " 60 ", " 1 dollar"} {
			if strings.Contains(got.Did, hidden) {
				t.Errorf("%q: %s", tc.question, got.Did)
			}
		}
	}
}

// Until the provider knows the clinic's agent, the whole assistant goes with the
// call: its words, its tools, and nothing of the caller or another clinic.
func TestAnAssistantThatTheProviderDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	s.article(t, c, "Parking", "Behind the house.", "en", true)
	s.rule(t, c, "ai_request", "+15550142302", `{}`, 10)
	s.Exec(t, `update agents set provider_assistant_id = null, name = 'Night desk', model = 'gpt-4o-mini' where org_id = $1`, c.org)
	s.Exec(t, `insert into inbound_agent_config (org_id, id, agent_id, system_prompt, first_message, business_hours, max_call_seconds)
		values ($1, gen_random_uuid(), $2, 'Be kind at {{clinicName}}.', 'Good day, {{clinicName}}.', '{"mon":[{"open":"08:30","close":"12:00"}],"note":"x"}', 300)`, c.org, c.agent)
	got := s.post(t, c, fixture(t, "assistant-request", "call-1"))
	var reply struct {
		AssistantID string
		Assistant   struct {
			Name, FirstMessage string
			MaxDurationSeconds int
			ServerMessages     []string
			Model              struct {
				Model    string
				Messages []struct{ Content string }
				Tools    []struct {
					Type     string
					Function struct {
						Name       string
						Parameters struct{ Properties map[string]any }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(got.body), &reply); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	a := reply.Assistant
	if a.Name != "Night desk" || a.FirstMessage != "Good day, lantern." || a.MaxDurationSeconds != 300 || a.Model.Model != "gpt-4o-mini" || len(a.Model.Messages) != 1 {
		t.Fatalf("%s", got.body)
	}
	for _, want := range []string{"Be kind at lantern.", "Monday, November 30, 2026, 8:00 AM", "Monday 08:30 to 12:00; Tuesday closed", "Parking", "+15550142302"} {
		if !strings.Contains(a.Model.Messages[0].Content, want) {
			t.Errorf("the prompt lacks %q: %s", want, a.Model.Messages[0].Content)
		}
	}
	if strings.Contains(got.body, "{{") || strings.Contains(got.body, "+15550142001") || strings.Contains(got.body, `"secret"`) {
		t.Errorf("too much or too little: %s", got.body)
	}
	var tools []string
	for _, tool := range a.Model.Tools {
		tools = append(tools, tool.Type+" "+tool.Function.Name)
		if tool.Type == "function" && len(tool.Function.Parameters.Properties) == 0 {
			t.Errorf("%s has no parameters", tool.Function.Name)
		}
	}
	want := "function capture_lead,function find_free_slots,function book_appointment,function move_appointment,function cancel_appointment,function lookup_knowledge,function escalate,transferCall "
	if strings.Join(tools, ",") != want || len(a.ServerMessages) == 0 {
		t.Errorf("tools %v, messages %v", tools, a.ServerMessages)
	}
}
