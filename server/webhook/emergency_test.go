package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// said is a final piece of a call's transcript.
func said(call, role, kind, text string, at int64) string {
	line, _ := json.Marshal(text) //nolint:errchkjson // a string
	return fmt.Sprintf(`{"message":{"type":"transcript","timestamp":%d,"role":%q,"transcriptType":%q,"transcript":%s,"call":{"id":%q}}}`, at, role, kind, line, call)
}

// rule adds an escalation rule and returns its id.
func (s *stage) rule(t testing.TB, c clinic, trigger, number, value string, priority int) uuid.UUID {
	t.Helper()
	id := s.config.NewID()
	s.Exec(t, `insert into escalation_rules (org_id, id, name, trigger, trigger_value, transfer_number, priority) values ($1, $2, $3, $3, $4, $5, $6)`,
		c.org, id, trigger, value, number, priority)
	return id
}

// Somebody says that they cannot breathe. A person is called in while they speak,
// once, and whoever watches the clinic's calls sees it at once.
func TestWordsThatCallInAPerson(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c, other := s.clinic(t, "lantern"), s.clinic(t, "harbour")
	own := s.rule(t, c, "keyword", "+15550142301", `{"keywords":["swollen jaw"]}`, 20)
	desk := s.rule(t, c, "ai_request", "+15550142302", `{}`, 10)
	watching, err := s.feed.Subscribe(t.Context(), []uuid.UUID{c.org, other.org})
	if err != nil {
		t.Fatal(err)
	}
	for i, tc := range []struct {
		name, call, body string
		raised           string // the reason, urgency and rule; or nothing
	}{
		{"the assistant's words", "call-1", said("call-1", "assistant", "final", "Do you have chest pain?", 1), ""},
		{"half a sentence", "call-1", said("call-1", "user", "partial", "I have chest pain", 2), ""},
		{"nothing of the kind", "call-1", said("call-1", "user", "final", "I would like a check-up.", 3), ""},
		{"denied", "call-1", said("call-1", "user", "final", "There is swelling without bleeding", 4), ""},
		{"said", "call-1", said("call-1", "user", "final", "Please, I can’t breathe — help.", 5), "emergency critical " + desk.String()},
		{"said again", "call-1", said("call-1", "user", "final", "I can't breathe!", 6), ""},
		{"the clinic's own word", "call-2", said("call-2", "user", "final", "My SWOLLEN, jaw hurts", 7), "keyword high " + own.String()},
		{"in their own language", "call-3", said("call-3", "user", "final", "¡No puedo respirar!", 8), "emergency critical " + desk.String()},
		{
			"in a conversation", "call-4", `{"message":{"type":"conversation-update","timestamp":9,"messages":[{"role":"user","message":"My son is bleeding"},{"role":"bot","message":"One moment."}],"call":{"id":"call-4"}}}`,
			"urgent_symptom high " + desk.String(),
		},
	} {
		before := s.count(t, `select count(*) from escalations`)
		if got := s.post(t, c, tc.body); got.status != http.StatusOK || got.body != "{}" {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
		row := s.row(t, `select concat_ws(' ', e.reason, e.urgency, e.rule_id) as raised, e.summary, l.provider_call_id as call, l.id, e.status
			from escalations e join call_logs l on l.org_id = e.org_id and l.id = e.call_id where e.org_id = $1 order by e.created_at desc, e.id desc limit 1`, c.org)
		made := s.count(t, `select count(*) from escalations`) - before
		if (made == 1) != (tc.raised != "") {
			t.Errorf("%d, %s: %d escalations", i, tc.name, made)
			continue
		}
		if made == 0 {
			continue
		}
		if row["raised"] != tc.raised || row["call"] != tc.call || row["summary"] != nil || row["status"] != "open" {
			t.Errorf("%s: %v", tc.name, row)
		}
		select {
		case e := <-watching:
			if e.OrgID != c.org || [16]byte(e.CallID) != row["id"] {
				t.Errorf("%s: told of %v", tc.name, e)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: nobody was told", tc.name)
		}
	}
	if n := s.count(t, `select count(*) from audit_decisions where resource = 'escalation' and action = 'ingest' and allow and org_id = $1`, c.org); n != 5 {
		t.Errorf("%d records of decisions, want one for each time that it was said", n)
	}
	if strings.Contains(s.log.String(), "breathe") {
		t.Error("what was said is in the log")
	}
	// The report of a call that was escalated while it was on adds no second one.
	s.post(t, c, fixture(t, "report", "call-1"))
	if n := s.count(t, `select count(*) from escalations e join call_logs l on l.id = e.call_id where l.provider_call_id = 'call-1'`); n != 1 {
		t.Errorf("%d escalations of one call", n)
	}
}

// Where a call goes is by the rules, and by who answers at that hour.
func TestWhereACallGoes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := monday // eight o'clock on a Monday
	s.config.Now = func() time.Time { return now }
	s.open(t)
	c := s.clinic(t, "lantern")
	s.rule(t, s.clinic(t, "harbour"), "ai_request", "+15550142999", `{}`, 1)
	escalate := func(id, summary string) result {
		t.Helper()
		return s.use(t, c, "call-"+id, mira, "t1", "escalate", args{"reason": "clinical_question", "summary": summary})
	}
	ask := func(kind, id string) string {
		t.Helper()
		var reply struct {
			Error       string
			Destination struct{ Type, Number string }
		}
		got := s.post(t, c, fmt.Sprintf(`{"message":{"type":%q,"timestamp":%d,"call":{"id":"call-%s"}}}`, kind, now.UnixMilli(), id))
		if err := json.Unmarshal([]byte(got.body), &reply); err != nil || got.status != http.StatusOK || (reply.Error == "") == (reply.Destination.Number == "") {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return reply.Destination.Number
	}
	if got := escalate("0", "a question"); !strings.Contains(got.Did, "Nobody answers") || ask("transfer-destination-request", "0") != "" {
		t.Errorf("without rules: %+v", got)
	}
	s.rule(t, c, "manual", "+15550142303", `{"hours":{"mon":[{"open":"09:00","close":"17:00"}]}}`, 1)
	s.rule(t, c, "ai_request", "+15550142302", `{"hours":{"mon":[{"open":"07:00","close":"09:00"}]}}`, 50)
	s.rule(t, c, "keyword", "+15550142301", `{"keywords":["root canal"]}`, 90)
	s.Exec(t, `update escalation_rules set enabled = false where false`)
	for _, tc := range []struct {
		name, id, summary, urgency, number string
		at                                 time.Time
	}{
		{"by words", "1", "Pain after a root canal.", "medium", "+15550142301", monday},
		{"early", "2", "Wants to know about aspirin.", "medium", "+15550142302", monday},
		{"in the day", "3", "Wants to know about aspirin.", "medium", "+15550142303", monday.Add(2 * time.Hour)},
		{"at night, by the last rule", "4", "Wants to know about aspirin.", "medium", "+15550142301", monday.Add(14 * time.Hour)},
		{"what is told counts for more", "5", "Says there is chest pain.", "critical", "+15550142302", monday},
	} {
		now = tc.at
		got := escalate(tc.id, tc.summary)
		if !strings.Contains(got.Did, tc.number) {
			t.Errorf("%s: %+v", tc.name, got)
		}
		for _, kind := range []string{"transfer-destination-request", "handoff-destination-request"} {
			if to := ask(kind, tc.id); to != tc.number {
				t.Errorf("%s: %s goes to %q", tc.name, kind, to)
			}
		}
		row := s.row(t, `select e.urgency, e.summary, r.transfer_number from escalations e join escalation_rules r on r.id = e.rule_id
			join call_logs l on l.id = e.call_id where l.provider_call_id = $1`, "call-"+tc.id)
		if row["urgency"] != tc.urgency || row["summary"] != tc.summary || row["transfer_number"] != tc.number {
			t.Errorf("%s: kept as %v", tc.name, row)
		}
	}
	now = monday
	if to := ask("transfer-destination-request", "never-heard-of"); to != "+15550142302" {
		t.Errorf("a call that was not escalated goes to %q", to)
	}
}

// The provider says whether it erased its copy of a call: evidence, on the call.
func TestEvidenceOfAnErasure(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	s.post(t, s.clinic(t, "harbour"), fixture(t, "report", "call-1"))
	for _, call := range []string{"call-1", "call-2"} {
		s.post(t, c, fixture(t, "report", call))
	}
	for _, m := range []string{
		`{"message":{"type":"call.delete.failed","timestamp":1790000500000,"call":{"id":"call-1"}}}`,
		`{"message":{"type":"call.deleted","timestamp":1790000600000,"call":{"id":"call-1"}}}`,
		`{"message":{"type":"call.deleted","timestamp":1790000600000,"call":{"id":"call-1"}}}`,
		`{"message":{"type":"call.deleted","timestamp":1790000700000,"call":{"id":"call-1"}}}`, // the first time counts
		`{"message":{"type":"call.deleted","timestamp":1790000600000,"call":{"id":"call-never"}}}`,
		`{"message":{"type":"call.deleted","timestamp":1790000600000}}`,
	} {
		if got := s.post(t, c, m); got.status != http.StatusOK || got.body != "{}" {
			t.Errorf("%s: %d %s", m, got.status, got.body)
		}
	}
	row := s.row(t, `select provider_erased_at, provider_erasure_failed_at from call_logs where org_id = $1 and provider_call_id = 'call-1'`, c.org)
	if !row["provider_erased_at"].(time.Time).Equal(time.UnixMilli(1790000600000)) || !row["provider_erasure_failed_at"].(time.Time).Equal(time.UnixMilli(1790000500000)) { //nolint:errcheck,forcetypeassert // a test
		t.Errorf("kept as %v", row)
	}
	if n := s.count(t, `select count(*) from call_logs where provider_erased_at is not null`); n != 1 {
		t.Errorf("%d calls are erased, want 1", n)
	}
	if n := s.count(t, `select count(*) from call_logs`); n != 3 {
		t.Errorf("%d calls, want 3", n)
	}
}
