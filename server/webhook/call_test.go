package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// A caller rings, talks and hangs up; everything that the dashboard shows of
// it is there after the report, and the subscribers heard each step.
func TestACallsWholeWay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	events, err := s.feed.Subscribe(t.Context(), []uuid.UUID{c.org})
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct{ body, wantStatus string }{
		{status(t, "ringing", "call-1"), "ringing"},
		{fixture(t, "speech", "call-1"), "ringing"}, // kept; it says nothing that is counted
		{status(t, "in-progress", "call-1"), "in_progress"},
		{fixture(t, "report", "call-1"), "transferred"},
		{fixture(t, "ended", "call-1"), "transferred"}, // late: the report has the last word
	}
	for i, step := range steps {
		if got := s.post(t, c, step.body); got.status != http.StatusOK || got.body != "{}" {
			t.Fatalf("step %d: %d %s", i, got.status, got.body)
		}
		if got := s.row(t, `select status from call_logs`)["status"]; got != step.wantStatus {
			t.Errorf("after step %d the call is %v, want %s", i, got, step.wantStatus)
		}
	}
	if n := s.count(t, `select count(*) from webhook_inbox where applied_at is not null and org_id = $1`, c.org); n != len(steps) {
		t.Errorf("%d messages kept and applied, want %d", n, len(steps))
	}
	if s.feed.told() != 4 { // every step but the one that changed no call
		t.Errorf("told %d times", s.feed.told())
	}
	if e := <-events; e.OrgID != c.org || s.count(t, `select count(*) from call_logs where id = $1`, e.CallID) != 1 {
		t.Errorf("told of %v", e)
	}

	var call map[string]any
	text := s.row(t, `select to_jsonb(c) - '{id,org_id,contact_id,created_at,updated_at,reported_at,structured_data}'::text[] as j from call_logs c`)["j"]
	decode(t, text, &call)
	want := map[string]any{
		"provider": "vapi", "provider_call_id": "call-1", "agent_id": c.agent.String(), "phone_number_id": c.number.String(),
		"direction": "inbound", "status": "transferred", "status_rank": 7.0,
		"caller_number": "+15550142001", "caller_name": "Mira  Okonkwo", "our_number": "+15550142900",
		"started_at": "2026-09-21T14:13:20+00:00", "ended_at": "2026-09-21T14:15:21.6+00:00", "duration_seconds": 122.0,
		"ended_reason": "assistant-forwarded-call", "outcome": "booked a check-up",
		"summary": "Mira asked for a check-up and booked one; her jaw is swollen.",
		"transcript": []any{
			map[string]any{"speaker": "assistant", "text": "Lantern Dental, good day.", "at": 1.2},
			map[string]any{"speaker": "caller", "text": "I need a check-up, my jaw is swollen.", "at": 6.5},
		},
		"sentiment": "positive", "sentiment_score": 70.0, "sentiment_summary": nil, "urgency": "medium",
		"cost_micros": 187500.0, "currency": "USD", "recording_consent": "granted", "recording_state": "pending",
		"appointment_booked": true, "is_test": false, "search": "mira okonkwo +15550142001",
		"provider_erased_at": nil, "provider_erasure_failed_at": nil,
	}
	if diff := cmp.Diff(want, call); diff != "" {
		t.Errorf("the call (-want +got):\n%s", diff)
	}
	contact := s.row(t, `select k.name, k.email, k.interest, k.preferred_time, k.status, k.search, k.last_contact_at = c.started_at as now
		from contacts k join call_logs c on c.org_id = k.org_id and c.contact_id = k.id`)
	if diff := cmp.Diff(map[string]any{
		"name": "Mira  Okonkwo", "email": "mira@example.test", "interest": "check-up", "preferred_time": "Thursday after five",
		"status": "booked", "search": "mira okonkwo +15550142001", "now": true,
	}, contact); diff != "" {
		t.Errorf("the contact (-want +got):\n%s", diff)
	}
	queue := s.rows(t, `select kind, source, provider_ref, status, deadline_at = timestamptz '2026-09-21T14:15:21.6Z' + interval '13 days' as due
		from recording_upload_queue order by kind`)
	if diff := cmp.Diff([]map[string]any{
		{"kind": "mono", "source": "vapi", "provider_ref": "call-1", "status": "pending", "due": true},
		{"kind": "stereo", "source": "vapi", "provider_ref": "call-1", "status": "pending", "due": true},
	}, queue); diff != "" {
		t.Errorf("the queue (-want +got):\n%s", diff)
	}
	escalation := s.row(t, `select e.reason, e.urgency, e.status, e.tool_call_id from escalations e join call_logs c on c.id = e.call_id`)
	if diff := cmp.Diff(map[string]any{
		"reason": "swollen jaw", "urgency": "medium", "status": "open", "tool_call_id": "report:call-1",
	}, escalation); diff != "" {
		t.Errorf("the escalation (-want +got):\n%s", diff)
	}
	stats := s.row(t, `select day::text, total, inbound, transferred, in_progress, duration_seconds, booked, cost_micros from org_daily_stats where total > 0`)
	if diff := cmp.Diff(map[string]any{
		"day": "2026-09-21", "total": int32(1), "inbound": int32(1), "transferred": int32(1), "in_progress": int32(0),
		"duration_seconds": int64(122), "booked": int32(1), "cost_micros": int64(187500),
	}, stats); diff != "" {
		t.Errorf("the day (-want +got):\n%s", diff)
	}
	// Each decision has its record, in the clinic's own chain, for this clinic alone.
	if n := s.count(t, `select count(*) from audit_decisions where not allow or org_ids <> array[$1::uuid] or chain <> 'org:' || $1::text
		or subject_kind <> 'system' or credential_type <> 'webhook'`, c.org); n != 0 {
		t.Errorf("%d records are not as they should be", n)
	}
	if n := s.count(t, `select count(*) from audit_decisions where operation = 'vapi end-of-call-report'`); n != 7 {
		t.Errorf("%d records of the report's decisions", n)
	}

	// The report again: the same answer, its decisions recorded, and nothing done.
	before := s.row(t, `select string_agg(xmin::text, ' ') as versions from (select xmin from call_logs union all select xmin from contacts) x`)
	if got := s.post(t, c, fixture(t, "report", "call-1")); got.status != http.StatusOK || got.body != "{}" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if after := s.row(t, `select string_agg(xmin::text, ' ') as versions from (select xmin from call_logs union all select xmin from contacts) x`); !cmp.Equal(before, after) {
		t.Error("a repeated report wrote rows")
	}
	if s.feed.told() != 4 {
		t.Error("a repeated report was told")
	}
	if n := s.count(t, `select count(*) from audit_decisions where operation = 'vapi end-of-call-report'`); n != 14 {
		t.Errorf("%d records of the report's decisions, twice", n)
	}
}

// The same messages in every order leave the same call.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	var want string
	for i, order := range permutations(4) {
		id := fmt.Sprintf("call-%02d", i)
		messages := []string{status(t, "ringing", id), status(t, "in-progress", id), fixture(t, "ended", id), fixture(t, "report", id)}
		for _, n := range order {
			if got := s.post(t, c, messages[n]); got.status != http.StatusOK {
				t.Fatalf("%v: %d %s", order, got.status, got.body)
			}
		}
		text, ok := s.row(t, `select (to_jsonb(c) - '{id,provider_call_id,created_at,updated_at,reported_at}'::text[])::text as j
			from call_logs c where provider_call_id = $1`, id)["j"].(string)
		if !ok || want != "" && text != want {
			t.Errorf("in order %v:\n%s", order, cmp.Diff(want, text))
		}
		want = text
	}
	if n := s.count(t, `select sum(total)::int from org_daily_stats where transferred = total and duration_seconds = 122 * total`); n != 24 {
		t.Errorf("the days count %d calls as they are, want 24", n)
	}
	if n := s.count(t, `select count(*) from contacts`); n != 1 {
		t.Errorf("%d contacts of one number", n)
	}
}

// Twenty clients post the same messages, each three times, all shuffled: what
// remains is exactly the calls that they describe.
func TestTwentyClientsShuffledThrice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c, other := s.clinic(t, "lantern"), s.clinic(t, "harbour")
	type delivery struct {
		to   clinic
		body string
	}
	var deliveries []delivery
	const calls = 5
	for i := range calls {
		id := fmt.Sprintf("call-%d", i)
		for _, body := range []string{
			status(t, "queued", id), status(t, "ringing", id), status(t, "in-progress", id), fixture(t, "ended", id),
			fixture(t, "report", id), fixture(t, "speech", id), fixture(t, "tools", id),
			fixture(t, "report-web", "web-"+id), fixture(t, "failed-before-call", id),
		} {
			for range 3 {
				deliveries = append(deliveries, delivery{c, body})
			}
		}
		deliveries = append(deliveries, delivery{other, fixture(t, "report", id)})
	}
	shuffle(deliveries)
	work := make(chan delivery)
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			for d := range work {
				got, err := s.try(t.Context(), d.to.key, d.body, http.Header{"X-Vapi-Secret": {sharedSecret}})
				if err != nil || got.status != http.StatusOK {
					t.Errorf("%d %s, %v", got.status, got.body, err)
				}
			}
		})
	}
	for _, d := range deliveries {
		work <- d
	}
	close(work)
	clients.Wait()

	for _, q := range []struct {
		what  string
		query string
		want  int
	}{
		{"calls", `select count(*) from call_logs where org_id = $1`, 2 * calls},
		{"reported calls", `select count(*) from call_logs where org_id = $1 and reported_at is not null and status in ('transferred', 'unknown')`, 2 * calls},
		{"messages", `select count(*) from webhook_inbox where org_id = $1`, 8*calls + 1},
		{"waiting messages", `select count(*) from webhook_inbox where org_id = $1 and applied_at is null`, 0},
		{"contacts", `select count(*) from contacts where org_id = $1`, 1},
		{"escalations", `select count(*) from escalations where org_id = $1`, calls},
		{"recordings", `select count(*) from recording_upload_queue where org_id = $1`, 2 * calls},
		{"counted calls", `select sum(total)::int from org_daily_stats where org_id = $1`, 2 * calls},
		{"counted seconds", `select sum(duration_seconds)::int from org_daily_stats where org_id = $1`, calls * (122 + 80)},
		{"counted bookings", `select sum(booked)::int from org_daily_stats where org_id = $1`, calls},
		{"negative days", `select count(*) from org_daily_stats where org_id = $1 and least(total, inbound, web, in_progress, transferred, unknown) < 0`, 0},
	} {
		if got := s.count(t, q.query, c.org); got != q.want {
			t.Errorf("%s: %d, want %d", q.what, got, q.want)
		}
	}
	if n := s.count(t, `select count(*) from call_logs where org_id = $1`, other.org); n != calls {
		t.Errorf("the other clinic has %d calls, want %d", n, calls)
	}
}

// What a person entered stays; what a report knows more fills the gaps.
func TestStaffCorrectionsStay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	id := uuid.New()
	s.Exec(t, `insert into contacts (org_id, id, name, phone, status, search, last_contact_at)
		values ($1, $2, 'Mrs Okonkwo', '+15550142001', 'converted', 'mrs okonkwo +15550142001', '2030-01-01')`, c.org, id)
	s.post(t, c, fixture(t, "report", "call-1"))
	got := s.row(t, `select id = $1 as same, name, email, status, search, last_contact_at = '2030-01-01' as latest from contacts`, id)
	if diff := cmp.Diff(map[string]any{
		"same": true, "name": "Mrs Okonkwo", "email": "mira@example.test", "status": "converted",
		"search": "mrs okonkwo +15550142001", "latest": true,
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A report that says little leaves gaps, not guesses, and refused consent
// fetches nothing.
func TestNothingIsInvented(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	s.post(t, c, fixture(t, "report-web", "call-1"))
	got := s.row(t, `select direction, status, sentiment, sentiment_score, transcript, summary, outcome, cost_micros, contact_id, agent_id,
		caller_number, recording_consent, recording_state, appointment_booked, search from call_logs`)
	if diff := cmp.Diff(map[string]any{
		"direction": "web", "status": "unknown", "sentiment": nil, "sentiment_score": nil, "transcript": nil, "summary": nil,
		"outcome": nil, "cost_micros": nil, "contact_id": nil, "agent_id": nil, "caller_number": nil,
		"recording_consent": "refused", "recording_state": "refused", "appointment_booked": false, "search": "",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := s.count(t, `select (select count(*) from recording_upload_queue) + (select count(*) from contacts) + (select count(*) from escalations)`); n != 0 {
		t.Errorf("%d rows were made of nothing", n)
	}
	s.post(t, c, fixture(t, "failed-before-call", "x"))
	if n := s.count(t, `select count(*) from call_logs`); n != 1 {
		t.Errorf("a message about no call made one")
	}
}

func decode(t *testing.T, v any, into any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(strings.NewReader(string(text))).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// permutations are the orders of n things.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			q := append(append(append([]int{}, p[:at]...), n-1), p[at:]...)
			out = append(out, q)
		}
	}
	return out
}
