package webhook_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/reception"
)

// Every tool, and every way in which a model gets its arguments wrong: a code and
// a sentence, never a 500, and nothing done.
func TestWhatToolsRefuse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	s.Exec(t, `insert into booking_rules (org_id, id, services, lead_minutes, horizon_days) values ($1, gen_random_uuid(), '[{"name":"Check-up","minutes":30}]', 90, 30)`, c.org)
	const free = "2026-12-01T10:00:00-05:00"
	long := strings.Repeat("x", 2000)
	for i, tc := range []struct {
		name, tool string
		args       any
		code       string
		offers     bool
	}{
		{"nothing said", "capture_lead", args{}, "missing_argument", false},
		{"empty texts", "capture_lead", args{"name": "  ", "email": nil}, "missing_argument", false},
		{"an address that is none", "capture_lead", args{"email": "ann at home"}, "bad_email", false},
		{"a number", "capture_lead", args{"name": 7}, "bad_argument", false},
		{"a list", "capture_lead", args{"name": []string{"Ann"}}, "bad_argument", false},
		{"a long name", "capture_lead", args{"name": long}, "bad_argument", false},
		{"a bell", "capture_lead", args{"name": "Ann\x07"}, "bad_argument", false},
		{"another clinic", "capture_lead", args{"name": "Ann", "org_id": "00000000-0000-0000-0000-000000000001"}, "unknown_argument", false},
		{"another contact", "book_appointment", args{"starts_at": free, "contact_id": "x"}, "unknown_argument", false},
		{"a price", "book_appointment", args{"starts_at": free, "price": 1}, "unknown_argument", false},
		{"no time", "book_appointment", args{}, "missing_argument", false},
		{"no zone", "book_appointment", args{"starts_at": "2026-12-01T10:00:00"}, "time_without_zone", false},
		{"no zone, short", "book_appointment", args{"starts_at": "2026-12-01 10:00"}, "time_without_zone", false},
		{"words", "book_appointment", args{"starts_at": "tomorrow at ten"}, "malformed_time", false},
		{"a day that is not", "book_appointment", args{"starts_at": "2026-02-30T10:00:00-05:00"}, "malformed_time", false},
		{"a year that is not", "book_appointment", args{"starts_at": "0001-01-01T10:00:00Z"}, "malformed_time", false},
		{"the past", "book_appointment", args{"starts_at": "2026-11-27T10:00:00-05:00"}, "in_the_past", true},
		{"now", "book_appointment", args{"starts_at": "2026-11-30T08:00:00-05:00"}, "in_the_past", true},
		{"too soon", "book_appointment", args{"starts_at": "2026-11-30T09:25:00-05:00"}, "too_soon", true},
		{"too far", "book_appointment", args{"starts_at": "2027-01-04T10:00:00-05:00"}, "too_far_ahead", true},
		{"an odd time", "book_appointment", args{"starts_at": "2026-12-01T10:03:00-05:00"}, "odd_time", true},
		{"odd seconds", "book_appointment", args{"starts_at": "2026-12-01T10:00:01-05:00"}, "odd_time", true},
		{"before hours", "book_appointment", args{"starts_at": "2026-12-01T08:55:00-05:00"}, "outside_hours", true},
		{"to the last minute", "book_appointment", args{"starts_at": "2026-12-01T16:35:00-05:00"}, "outside_hours", true},
		{"a Sunday", "book_appointment", args{"starts_at": "2026-12-06T10:00:00-05:00"}, "outside_hours", true},
		{"ten in another zone", "book_appointment", args{"starts_at": "2026-12-01T10:00:00+09:00"}, "outside_hours", true},
		{"no service of theirs", "book_appointment", args{"starts_at": free, "service": "Tattoo"}, "unknown_service", false},
		{"no JSON", "book_appointment", `{"starts_at":`, "bad_arguments", false},
		{"a JSON list", "book_appointment", `[1]`, "bad_arguments", false},
		{"no day", "find_free_slots", args{"date": "soon"}, "malformed_date", false},
		{"a day that was", "find_free_slots", args{"date": "2026-11-28"}, "in_the_past", false},
		{"a day too far", "find_free_slots", args{"date": "2027-03-01"}, "too_far_ahead", false},
		{"no part of a day", "find_free_slots", args{"part_of_day": "teatime"}, "bad_argument", false},
		{"nothing at night", "find_free_slots", args{"part_of_day": "evening"}, "nothing_free", false},
		{"none to move", "move_appointment", args{"starts_at": free}, "not_found", false},
		{"no id", "move_appointment", args{"starts_at": free, "appointment_id": "the one on Tuesday"}, "not_found", false},
		{"another thing's id", "cancel_appointment", args{"appointment_id": nodeid.Encode("contact", uuid.New())}, "not_found", false},
		{"nobody's id", "cancel_appointment", args{"appointment_id": nodeid.Encode("appointment", uuid.New())}, "not_found", false},
		{"no question", "lookup_knowledge", args{}, "missing_argument", false},
		{"nothing known", "lookup_knowledge", args{"question": "parking"}, "nothing_known", false},
		{"no reason", "escalate", args{"summary": "x"}, "missing_argument", false},
		{"a reason of its own", "escalate", args{"reason": "boredom"}, "bad_argument", false},
		{"no tool", "transfer_money", args{}, "unknown_tool", false},
	} {
		got := s.use(t, c, "call-1", mira, fmt.Sprint("t", i), tc.tool, tc.args)
		if got.Code != tc.code || got.Say == "" || got.Did != "" {
			t.Errorf("%s: %+v, want %s", tc.name, got, tc.code)
		}
		if offers := bracketed(got.Say); (len(offers) == 3) != tc.offers {
			t.Errorf("%s: offers %v in %q", tc.name, offers, got.Say)
		}
		for _, at := range bracketed(got.Say) {
			if again := s.use(t, c, "call-2", "+15550142999", fmt.Sprint("t", i, at), "book_appointment", args{"starts_at": at}); again.Did == "" {
				t.Errorf("%s: offered %s, and then %+v", tc.name, at, again)
			} else {
				s.Exec(t, `delete from appointments`)
			}
		}
		if strings.Contains(s.log.String(), `"level":"ERROR"`) {
			t.Fatalf("%s: %s", tc.name, s.log)
		}
	}
	if n := s.count(t, `select (select count(*) from appointments) + (select count(*) from escalations) + (select count(*) from contacts where phone = $1)`, mira); n != 0 {
		t.Errorf("%d rows of what was refused", n)
	}
	for _, tool := range reception.Tools() {
		if tool.Description == "" || !strings.Contains(string(tool.Parameters), `"additionalProperties":false`) {
			t.Errorf("%s is told as %s", tool.Name, tool.Parameters)
		}
	}
}

// Without a call there is nobody to book for, but questions are answered.
func TestToolsWithoutACall(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	for tool, want := range map[string]string{"capture_lead": "no_call", "book_appointment": "no_call", "cancel_appointment": "no_call", "find_free_slots": ""} {
		given := args{}
		switch tool {
		case "capture_lead":
			given["name"] = "Ann"
		case "book_appointment":
			given["starts_at"] = "2026-12-01T10:00:00-05:00"
		}
		if got := s.use(t, c, "", "", tool, tool, given); got.Code != want {
			t.Errorf("%s: %+v", tool, got)
		}
	}
}

// A model that names an appointment which is not the caller's gets the one answer
// that there is none, and it is on record: for the clinic whose it is, or for its
// own when it is another contact's.
func TestAppointmentsOfOthers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c, other := s.clinic(t, "lantern"), s.clinic(t, "harbour")
	at := args{"starts_at": "2026-12-01T10:00:00-05:00"}
	foreign := idIn(s.use(t, other, "call-9", mira, "t1", "book_appointment", at).Did) // the same number, in another clinic
	theirs := idIn(s.use(t, c, "call-8", "+15550142555", "t1", "book_appointment", at).Did)
	if foreign == "" || theirs == "" {
		t.Fatal("nothing was booked")
	}
	nobodys := nodeid.Encode("appointment", uuid.Must(uuid.NewV7()))
	var said []result
	for _, tool := range []string{"move_appointment", "cancel_appointment"} {
		for _, id := range []string{nobodys, foreign, theirs} {
			given := args{"appointment_id": id}
			if tool == "move_appointment" {
				given["starts_at"] = "2026-12-02T10:00:00-05:00"
			}
			said = append(said, s.use(t, c, "call-1", mira, tool+id, tool, given))
		}
	}
	for _, got := range said {
		if got != said[0] || got.Code != "not_found" {
			t.Errorf("told apart: %+v and %+v", got, said[0])
		}
	}
	if n := s.count(t, `select count(*) from appointments where status = 'confirmed' and starts_at = '2026-12-01T15:00:00Z'`); n != 2 {
		t.Errorf("%d appointments are as they were, want 2", n)
	}
	if n := s.count(t, `select count(*) from audit_decisions where reason = 'not_the_callers' and not allow and org_id = $1 and resource = 'appointment'`, c.org); n != 2 {
		t.Errorf("%d records of another contact's", n)
	}
	deadline := time.After(20 * time.Second)
	for s.count(t, `select count(*) from audit_decisions where reason = 'foreign_row' and org_id = $1 and resource = 'appointment'`, other.org) != 2 {
		select {
		case <-deadline:
			t.Fatal("the neighbour's records do not come")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// A caller who hides the number is a contact of this call alone; what is said can
// name anybody's.
func TestACallerWhoHidesTheNumber(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	s.use(t, c, "call-1", mira, "t1", "capture_lead", args{"name": "Mira Okonkwo"})
	for i, call := range []string{"call-2", "call-3"} {
		got := s.ask(t, c, toolCalls(t, call, "",
			asked{"t1", "capture_lead", args{"name": "Mira Okonkwo", "callback_number": mira}},
			asked{"t2", "book_appointment", args{"starts_at": fmt.Sprintf("2026-12-01T1%d:00:00-05:00", i)}}))
		if got["t1"].Did == "" || got["t2"].Did == "" {
			t.Errorf("%s: %+v", call, got)
		}
	}
	rows := s.rows(t, `select k.id, k.phone, k.notes, (select count(*) from appointments a where a.contact_id = k.id)::int as visits from contacts k order by k.created_at, k.id`)
	if len(rows) != 3 || rows[0]["phone"] != mira || rows[0]["visits"] != int32(0) || rows[1]["phone"] != nil || rows[1]["visits"] != int32(1) ||
		rows[2]["visits"] != int32(1) || !strings.Contains(fmt.Sprint(rows[1]["notes"]), mira) {
		t.Errorf("contacts: %v", rows)
	}
}

// The clinic is suspended while a call comes in: the caller hears a sentence.
func TestASuspendedClinicsCallers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "dark")
	s.Exec(t, `insert into inbound_agent_config (org_id, id, agent_id) values ($1, gen_random_uuid(), $2)`, c.org, c.agent)
	s.Exec(t, `update organizations set status = 'suspended' where id = $1`, c.org)
	if got := s.post(t, c, fixture(t, "assistant-request", "call-1")); got.status != http.StatusOK || !strings.Contains(got.body, `{"error":"Thank you for calling.`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := s.use(t, c, "call-1", mira, "t1", "capture_lead", args{"name": "Mira"}); !strings.HasPrefix(got.Code, "This cannot be done just now") {
		t.Errorf("%+v", got)
	}
	if got := s.post(t, c, fixture(t, "report", "call-1")); got.status != http.StatusForbidden {
		t.Errorf("a report: %d", got.status)
	}
	if n := s.count(t, `select (select count(*) from webhook_inbox) + (select count(*) from tool_calls) + (select count(*) from contacts)`); n != 0 {
		t.Errorf("%d rows", n)
	}
	if n := s.count(t, `select count(*) from audit_decisions where reason = 'org_not_active' and org_id = $1`, c.org); n != 3 {
		t.Errorf("%d records, want 3", n)
	}
}
