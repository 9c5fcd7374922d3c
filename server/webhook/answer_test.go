package webhook_test

import (
	"net/http"
	"testing"
	"time"
)

// What the provider waits for, it gets, the second time as the first.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	s.clinic(t, "harbour") // whose agent is never named
	request := fixture(t, "assistant-request", "call-1")
	const nobody = `{"error":"Thank you for calling. Nobody can take your call at the moment. Please try again later."}`
	const unknown = "unknown_tool: This cannot be done over the phone. Please offer that a member of staff calls back."
	const nobodyThere = `{"error":"Nobody can take the call just now. Please offer that a member of staff calls back."}`
	at := time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC)
	s.config.Now = func() time.Time { return at }
	s.open(t)
	const known = `{"variableValues":{"canAnswer":"","clinicName":"lantern","escalation":"In an emergency, or when the caller asks for a person, ` +
		`call the escalate tool at once. Nobody answers the telephone just now: a person will call back, and whoever is in danger must call the emergency number.",` +
		`"localTime":"9:05 AM","openingHours":"Monday 09:00 to 17:00; Tuesday 09:00 to 17:00; Wednesday 09:00 to 17:00; Thursday 09:00 to 17:00; ` +
		`Friday 09:00 to 17:00; Saturday closed; Sunday closed","services":"","timeZone":"America/New_York","today":"Tuesday, November 24, 2026"}}`
	for _, tc := range []struct{ name, before, body, want string }{
		{"no configuration", ``, request, nobody},
		{
			"a configured agent", `insert into inbound_agent_config (org_id, id, agent_id) values ('` + c.org.String() + `', gen_random_uuid(), '` + c.agent.String() + `')`,
			request, `{"assistantId":"asst-lantern","assistantOverrides":` + known + `}`,
		},
		{"switched off", `update inbound_agent_config set enabled = false`, request, nobody},
		{"a retired agent", `update inbound_agent_config set enabled = true; update agents set retired_at = now()`, request, nobody},
		{
			"tool calls", ``, fixture(t, "tools", "call-1"),
			`{"results":[{"toolCallId":"tool-call-1-1","error":"` + unknown + `"},{"toolCallId":"tool-call-1-2","error":"` + unknown + `"}]}`,
		},
		{
			"a function call", ``, `{"message":{"type":"function-call","functionCall":{"name":"book","parameters":{}},"call":{"id":"call-1"}}}`,
			`{"result":"` + unknown + `"}`,
		},
		{"knowledge", ``, `{"message":{"type":"knowledge-base-request","timestamp":1790000001000,"call":{"id":"call-1"}}}`, `{"documents":[]}`},
		{"a transfer", ``, `{"message":{"type":"transfer-destination-request","call":{"id":"call-1"}}}`, nobodyThere},
		{"a handover", ``, `{"message":{"type":"handoff-destination-request","call":{"id":"call-1"}}}`, nobodyThere},
		{"a type to come", ``, `{"message":{"type":"call.hologram","call":{"id":"call-1"}}}`, `{}`},
		{"hang", ``, `{"message":{"type":"hang","call":{"id":"call-1"}}}`, `{}`},
		{"a status to come", ``, `{"message":{"type":"status-update","status":"dreaming","call":{"id":"call-1"}}}`, `{}`},
	} {
		if tc.before != "" {
			s.Exec(t, tc.before)
		}
		for range 2 {
			if got := s.post(t, c, tc.body); got.status != http.StatusOK || got.body != tc.want || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: %d %s", tc.name, got.status, got.body)
			}
		}
	}
	if n := s.count(t, `select count(*) from webhook_inbox`); n != 9 {
		t.Errorf("%d messages kept, want 9", n)
	}
	// Of these messages, tool calls alone are about a call that is on.
	if n := s.count(t, `select count(*) from call_logs where status = 'in_progress'`); n != 1 || n != s.count(t, `select count(*) from call_logs`) {
		t.Errorf("%d calls on, want 1 and no other", n)
	}
}
