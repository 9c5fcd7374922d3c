package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// monday is when the stories of a call happen: Monday, November 30, 2026, at
// eight in the morning in New York.
var monday = time.Date(2026, 11, 30, 13, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // immutable

// at serves a stage whose clock stands still.
func (s *stage) at(t testing.TB, now time.Time) {
	t.Helper()
	s.config.Now = func() time.Time { return now }
	s.open(t)
}

// asked is one tool call.
type asked struct {
	id, name string
	args     any
}

// toolCalls is a message in which the assistant asks for things, in a call from
// number, or from nobody's.
func toolCalls(t testing.TB, call, number string, all ...asked) string {
	t.Helper()
	list := make([]any, len(all))
	for i, a := range all {
		list[i] = map[string]any{"id": a.id, "type": "function", "function": map[string]any{"name": a.name, "arguments": a.args}}
	}
	customer := map[string]any{}
	if number != "" {
		customer["number"] = number
	}
	text, err := json.Marshal(map[string]any{"message": map[string]any{
		"type": "tool-calls", "toolCallList": list, "call": map[string]any{"id": call, "type": "inboundPhoneCall", "customer": customer},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// result is what one tool call came to: what it did, or the code of what it
// refused and the sentence.
type result struct{ Did, Code, Say string }

// ask posts tool calls and reads their results by id.
func (s *stage) ask(t testing.TB, c clinic, body string) map[string]result {
	t.Helper()
	return results(t, s.post(t, c, body))
}

func results(t testing.TB, got answer) map[string]result {
	t.Helper()
	var reply struct {
		Results []struct{ ToolCallID, Result, Error string }
	}
	if err := json.Unmarshal([]byte(got.body), &reply); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	out := map[string]result{}
	for _, r := range reply.Results {
		code, say, _ := strings.Cut(r.Error, ": ")
		out[r.ToolCallID] = result{r.Result, code, say}
	}
	return out
}

// use is one tool call of a call, by itself.
func (s *stage) use(t testing.TB, c clinic, call, number, id, name string, args any) result {
	t.Helper()
	return s.ask(t, c, toolCalls(t, call, number, asked{id, name, args}))[id]
}

type args map[string]any

// bracketed are the times that an answer offers.
func bracketed(say string) []string {
	var times []string
	for _, m := range regexp.MustCompile(`\[([^\]]+)\]`).FindAllStringSubmatch(say, -1) {
		times = append(times, m[1])
	}
	return times
}

// idIn is the appointment's id in an answer.
func idIn(say string) string { return regexp.MustCompile(`appointment_[0-9a-z]{26}`).FindString(say) }

const mira = "+15550142001"

// Somebody calls, says who they are, books, moves and cancels. Whatever is sent
// twice, in whatever company, is done once and answered the same.
func TestACallerBooksMovesAndCancels(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	got := s.ask(t, c, toolCalls(t, "call-1", mira,
		asked{"t1", "capture_lead", args{"name": "Mira Okonkwo", "interest": "check-up"}},
		asked{"t2", "find_free_slots", `{"date":"2026-12-01","part_of_day":"afternoon"}`},
		asked{"t3", "sing_a_song", args{}},
	))
	if got["t1"].Did == "" || got["t3"].Code != "unknown_tool" {
		t.Errorf("%+v", got)
	}
	free := bracketed(got["t2"].Did)
	if len(free) != 6 || free[0] != "2026-12-01T12:00:00-05:00" || !strings.Contains(got["t2"].Did, "Tuesday, December 1 at 12:00 PM") {
		t.Fatalf("offered %+v", got["t2"])
	}
	book := toolCalls(t, "call-1", mira, asked{"t4", "book_appointment", args{"starts_at": free[0], "service": "check-up", "notes": nil}})
	first := s.post(t, c, book)
	id := idIn(first.body)
	if again := s.post(t, c, book); again.body != first.body || id == "" {
		t.Errorf("first %s\nagain %s", first.body, again.body)
	}
	// The provider's retry in another shape and in company.
	flat := fmt.Sprintf(`{"message":{"type":"tool-calls","timestamp":1790000050000,"toolCallList":[{"id":"t4","name":"book_appointment","arguments":{"starts_at":%q}},
		{"id":"t5","name":"find_free_slots","parameters":{"date":"2026-12-01","part_of_day":"afternoon"}}],"call":{"id":"call-1"}}}`, free[1])
	if again := s.ask(t, c, flat); again["t4"].Did != results(t, first)["t4"].Did || bracketed(again["t5"].Did)[0] != free[1] {
		t.Errorf("in company: %+v", again)
	}
	row := s.row(t, `select a.starts_at, a.service, a.status, a.duration_minutes, a.calendar, k.phone, k.name, k.interest, k.status as lead, l.appointment_booked, l.status as call
		from appointments a join contacts k on k.id = a.contact_id join call_logs l on l.id = a.call_id and l.contact_id = k.id`)
	want := map[string]any{
		"service": "check-up", "status": "confirmed", "duration_minutes": int32(30), "calendar": "main", "phone": mira, "name": "Mira Okonkwo",
		"interest": "check-up", "lead": "booked", "appointment_booked": true, "call": "in_progress",
	}
	for name, v := range want {
		if row[name] != v {
			t.Errorf("%s: %v, want %v", name, row[name], v)
		}
	}
	if n := s.count(t, `select count(*) from appointments`); n != 1 {
		t.Errorf("%d appointments", n)
	}

	// The next day she calls again, and has only the one.
	moved := s.use(t, c, "call-2", mira, "t1", "move_appointment", args{"starts_at": free[2]})
	if !strings.Contains(moved.Did, free[2]) {
		t.Errorf("moved: %+v", moved)
	}
	cancelled := s.use(t, c, "call-2", mira, "t2", "cancel_appointment", args{"appointment_id": id})
	if !strings.Contains(cancelled.Did, free[2]) {
		t.Errorf("cancelled: %+v", cancelled)
	}
	if gone := s.use(t, c, "call-2", mira, "t3", "cancel_appointment", args{"appointment_id": id}); gone.Code != "not_found" {
		t.Errorf("cancelled twice: %+v", gone)
	}
	if row := s.row(t, `select status, cancelled_at, starts_at from appointments`); row["status"] != "cancelled" || row["cancelled_at"] == nil {
		t.Errorf("kept as %v", row)
	}
	if again := s.use(t, c, "call-3", "+15550142777", "t1", "book_appointment", args{"starts_at": free[2]}); again.Did == "" {
		t.Errorf("a cancelled time is not free: %+v", again)
	}
	if s.feed.told() == 0 {
		t.Error("nobody was told")
	}
	if n := s.count(t, `select count(*) from audit_decisions where resource = 'appointment' and action = 'ingest' and allow`); n == 0 {
		t.Error("no decision on record")
	}
}
