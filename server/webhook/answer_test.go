package webhook_test

import (
	"net/http"
	"testing"
)

// What the provider waits for, it gets, the second time as the first.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	s.clinic(t, "harbour") // whose agent is never named
	request := fixture(t, "assistant-request", "call-1")
	const nobody = `{"error":"Thank you for calling. Nobody can take your call at the moment. Please try again later."}`
	const unsupported = "This cannot be done over the phone yet. Please offer that a member of staff calls back."
	for _, tc := range []struct{ name, before, body, want string }{
		{"no configuration", ``, request, nobody},
		{
			"a configured agent", `insert into inbound_agent_config (org_id, id, agent_id) values ('` + c.org.String() + `', gen_random_uuid(), '` + c.agent.String() + `')`,
			request, `{"assistantId":"asst-lantern"}`,
		},
		{"switched off", `update inbound_agent_config set enabled = false`, request, nobody},
		{"a retired agent", `update inbound_agent_config set enabled = true; update agents set retired_at = now()`, request, nobody},
		{
			"tool calls", ``, fixture(t, "tools", "call-1"),
			`{"results":[{"toolCallId":"tool-call-1-1","error":"` + unsupported + `"},{"toolCallId":"tool-call-1-2","error":"` + unsupported + `"}]}`,
		},
		{
			"a function call", ``, `{"message":{"type":"function-call","functionCall":{"name":"book","parameters":{}},"call":{"id":"call-1"}}}`,
			`{"result":"` + unsupported + `"}`,
		},
		{"knowledge", ``, `{"message":{"type":"knowledge-base-request","timestamp":1790000001000,"call":{"id":"call-1"}}}`, `{"documents":[]}`},
		{"a transfer", ``, `{"message":{"type":"transfer-destination-request","call":{"id":"call-1"}}}`, `{"error":"` + unsupported + `"}`},
		{"a handover", ``, `{"message":{"type":"handoff-destination-request","call":{"id":"call-1"}}}`, `{"error":"` + unsupported + `"}`},
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
	if n := s.count(t, `select count(*) from call_logs`); n != 0 {
		t.Errorf("%d calls of messages that describe none", n)
	}
}
