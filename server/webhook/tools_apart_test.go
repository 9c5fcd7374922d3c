package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/voxanne/cascade/server/webhook"
)

// whole is a message with a lead, an escalation and a booking.
func whole(t *testing.T, call, at string) string {
	t.Helper()
	return toolCalls(t, call, mira,
		asked{"t1", "capture_lead", args{"name": "Mira Okonkwo"}},
		asked{"t2", "escalate", args{"reason": "complaint"}},
		asked{"t3", "book_appointment", args{"starts_at": at}})
}

// codes are how the three ended.
func codes(all map[string]result) [3]string {
	var out [3]string
	for i, id := range []string{"t1", "t2", "t3"} {
		out[i] = all[id].Code
		if all[id].Did != "" {
			out[i] = "done"
		}
	}
	return out
}

// One tool that the database or the policy refuses undoes itself, and neither
// undoes nor hides the others.
func TestOneToolsFailureIsItsOwn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	rows := func() [3]int {
		return [3]int{
			s.count(t, `select count(*) from contacts where name is not null`), s.count(t, `select count(*) from escalations`),
			s.count(t, `select count(*) from appointments`),
		}
	}
	s.Exec(t, `alter table escalations add constraint broken check (reason <> 'complaint')`)
	if got := codes(s.ask(t, c, whole(t, "call-1", "2026-12-01T10:00:00-05:00"))); got != [3]string{"done", "failed", "done"} || rows() != [3]int{1, 0, 1} {
		t.Errorf("the second fails: %v, %v", got, rows())
	}
	s.Exec(t, `alter table escalations drop constraint broken`)
	s.Exec(t, `delete from appointments`)
	s.Exec(t, `alter table call_logs add constraint broken check (not appointment_booked) not valid`)
	if got := codes(s.ask(t, c, whole(t, "call-2", "2026-12-01T10:00:00-05:00"))); got != [3]string{"done", "done", "failed"} || rows() != [3]int{1, 1, 0} {
		t.Errorf("the last fails after its row was written: %v, %v", got, rows())
	}
	s.Exec(t, `alter table call_logs drop constraint broken`)
	shipped := s.config.Policies
	s.config.Policies = policyWithout(t, "escalation")
	s.open(t)
	if got := codes(s.ask(t, c, whole(t, "call-3", "2026-12-01T11:00:00-05:00"))); got != [3]string{"done", "denied", "done"} || rows() != [3]int{1, 1, 1} {
		t.Errorf("the second is denied: %v, %v", got, rows())
	}
	if n := s.count(t, `select count(*) from audit_decisions where resource = 'escalation' and not allow and org_id = $1`, c.org); n != 1 {
		t.Errorf("%d records of the denial", n)
	}
	s.config.Policies = shipped
	s.open(t)
	if got := codes(s.ask(t, c, whole(t, "call-3", "2026-12-01T11:00:00-05:00"))); got != [3]string{"done", "denied", "done"} {
		t.Errorf("asked again: %v", got)
	}
}

// A message that could not be applied was answered with "not done". What is done
// of it later is what helps without a caller on the line, and no booking.
func TestWhatIsDoneLate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := monday
	s.config.Now = func() time.Time { return now }
	s.open(t)
	c := s.clinic(t, "lantern")
	s.handler.BeforeApplying(func(context.Context) error { return errors.New("out of order") })
	body := whole(t, "call-1", "2026-12-01T10:00:00-05:00")
	for range 2 {
		for id, r := range s.ask(t, c, body) {
			if r.Did != "" || r == (result{}) {
				t.Errorf("%s: %+v", id, r)
			}
		}
	}
	s.Exec(t, `update webhook_inbox set received_at = now() - interval '1 hour'`)
	sweeper := webhook.NewSweeper(s.config)
	for i, want := range []int{1, 0} {
		if n, err := sweeper.RunOnce(t.Context()); n != want || err != nil {
			t.Errorf("sweep %d applied %d, %v", i, n, err)
		}
	}
	got := s.row(t, `select (select count(*) from contacts where name = 'Mira Okonkwo')::int as leads, (select count(*) from escalations)::int as escalations,
		(select count(*) from tool_calls where code = 'too_late')::int as late, 1 + (select count(*) from appointments)::int as visits`)
	for what, n := range got {
		if n != int32(1) {
			t.Errorf("%s: %v", what, n)
		}
	}
	if again := s.post(t, c, body); again.status != http.StatusOK {
		t.Errorf("%d %s", again.status, again.body)
	}
}
