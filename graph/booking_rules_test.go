package graph_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy"
)

const (
	readBooking   = `{ bookingRules { id hours services { name minutes } calendars slotMinutes bufferMinutes leadMinutes horizonDays } }`
	updateBooking = `mutation($in: UpdateBookingRulesInput!) { updateBookingRules(input: $in) {
		bookingRules { id hours services { name minutes } calendars slotMinutes bufferMinutes leadMinutes horizonDays } } }`
)

type bookingRow struct {
	ID       string
	Hours    map[string]any
	Services []struct {
		Name    string
		Minutes int
	}
	Calendars                                            []string
	SlotMinutes, BufferMinutes, LeadMinutes, HorizonDays int
}

// A clinic has no rules of its own until it says something; then it has one set,
// which its own people read and its admins change.
func TestBookingRulesLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	if got := c.ask(t, c.staff, readBooking, nil); string(got.Data) != `{"bookingRules":null}` || len(got.Errors) > 0 {
		t.Errorf("at first: %s", got.Body)
	}
	var made, changed struct {
		UpdateBookingRules struct{ BookingRules bookingRow }
	}
	c.ask(t, c.admin, updateBooking, map[string]any{"in": map[string]any{"leadMinutes": 0}}).decode(t, &made)
	row := made.UpdateBookingRules.BookingRules
	want := bookingRow{
		ID: row.ID, Hours: map[string]any{}, Services: row.Services[:0], Calendars: []string{"main"}, SlotMinutes: 30, HorizonDays: 60,
	}
	if diff := cmp.Diff(want, row); diff != "" || row.ID == "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	hours := map[string]any{"mon": []any{map[string]any{"open": "09:00", "close": "12:00"}, map[string]any{"open": "13:00", "close": "17:00"}}}
	c.ask(t, c.owner, updateBooking, map[string]any{"in": map[string]any{
		"hours": hours, "services": []any{map[string]any{"name": " Cleaning ", "minutes": 45}}, "calendars": []any{"Dr. Lee", "Chair 2"},
		"slotMinutes": 20, "bufferMinutes": 10, "horizonDays": 90,
	}}).decode(t, &changed)
	want.Hours, want.Calendars, want.SlotMinutes, want.BufferMinutes, want.HorizonDays = hours, []string{"Dr. Lee", "Chair 2"}, 20, 10, 90
	want.Services = append(want.Services, struct {
		Name    string
		Minutes int
	}{"Cleaning", 45})
	if diff := cmp.Diff(want, changed.UpdateBookingRules.BookingRules); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if got := c.ask(t, c.viewer, readBooking, nil); !strings.Contains(got.Body, `"Dr. Lee"`) {
		t.Errorf("a viewer reads: %s", got.Body)
	}
	if got := c.ask(t, member(c.other, "harbor", policy.Owner), readBooking, nil); string(got.Data) != `{"bookingRules":null}` {
		t.Errorf("the neighbour reads: %s", got.Body)
	}
	for name, who := range map[string]policy.Subject{"staff": c.staff, "viewer": c.viewer} {
		if got := c.ask(t, who, updateBooking, map[string]any{"in": map[string]any{"slotMinutes": 5}}); got.code() != "FORBIDDEN" {
			t.Errorf("%s: %s", name, got.Body)
		}
	}
	if n := c.recorded(t, c.owner, policy.Update, policy.BookingRules); n != 1 {
		t.Errorf("%d records of the owner's change", n)
	}
}

// Many who make them at once make one set.
func TestBookingRulesAreMadeOnce(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if got := c.ask(t, c.admin, updateBooking, map[string]any{"in": map[string]any{"slotMinutes": 45}}); len(got.Errors) > 0 {
				t.Errorf("at once: %s", got.Body)
			}
		})
	}
	all.Wait()
	if n := c.count(t, `select count(*) from booking_rules where slot_minutes = 45`); n != 1 {
		t.Errorf("%d sets of rules", n)
	}
}

func TestBookingInputsThatCouldNotBe(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	service := func(name string, minutes int) map[string]any { return map[string]any{"name": name, "minutes": minutes} }
	long := make([]any, 51)
	for i := range long {
		long[i] = strings.Repeat("x", i+1)
	}
	for name, in := range map[string]map[string]any{
		"a day":             {"hours": map[string]any{"monday": []any{}}},
		"a short slot":      {"slotMinutes": 4},
		"a long slot":       {"slotMinutes": 481},
		"a long buffer":     {"bufferMinutes": 241},
		"a negative buffer": {"bufferMinutes": -1},
		"a long lead":       {"leadMinutes": 20161},
		"a far horizon":     {"horizonDays": 366},
		"no horizon":        {"horizonDays": 0},
		"no calendar":       {"calendars": []any{}},
		"an empty calendar": {"calendars": []any{" "}},
		"one calendar":      {"calendars": []any{"Dr. Lee", "dr.  lee"}},
		"many calendars":    {"calendars": long},
		"a long name":       {"calendars": []any{strings.Repeat("x", 101)}},
		"a short service":   {"services": []any{service("x", 4)}},
		"a nameless one":    {"services": []any{service("", 30)}},
		"one service":       {"services": []any{service("Check-up", 30), service("CHECK-UP", 45)}},
	} {
		if got := c.ask(t, c.admin, updateBooking, map[string]any{"in": in}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %.200s", name, got.Body)
		}
	}
	if n := c.count(t, `select count(*) from booking_rules`); n != 0 {
		t.Error("something was half done")
	}
}

// Two visits of one calendar never meet, whoever books them; on none they may.
func TestVisitsOfOneCalendarNeverMeet(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	book := func(who policy.Subject, at string, calendar any) answer {
		return c.ask(t, who, createAppointment, map[string]any{"in": map[string]any{"startsAt": at, "durationMinutes": 30, "calendar": calendar}})
	}
	other := member(c.other, "harbor", policy.Owner)
	var made struct {
		CreateAppointment struct{ Appointment appointmentRow }
	}
	book(c.staff, "2026-12-01T09:00:00Z", "main").decode(t, &made)
	for _, tc := range []struct {
		name, at string
		who      policy.Subject
		calendar any
		want     string
	}{
		{"the same time", "2026-12-01T09:00:00Z", c.staff, "main", "CONFLICT"},
		{"half of it", "2026-12-01T09:15:00Z", c.staff, "main", "CONFLICT"},
		{"just behind", "2026-12-01T09:30:00Z", c.staff, "main", ""},
		{"another calendar", "2026-12-01T09:00:00Z", c.staff, "chair 2", ""},
		{"no calendar", "2026-12-01T09:00:00Z", c.staff, nil, ""},
		{"another clinic", "2026-12-01T09:00:00Z", other, "main", ""},
	} {
		if got := book(tc.who, tc.at, tc.calendar); got.code() != tc.want {
			t.Errorf("%s: %s", tc.name, got.Body)
		}
	}
	id := made.CreateAppointment.Appointment.ID
	if got := c.ask(t, c.staff, updateAppointment, map[string]any{"id": id, "in": map[string]any{"startsAt": "2026-12-01T09:20:00Z"}}); got.code() != "CONFLICT" {
		t.Errorf("moved onto another: %s", got.Body)
	}
	if got := c.ask(t, c.staff, cancelAppointment, map[string]any{"id": id}); got.code() != "" {
		t.Errorf("cancelling: %s", got.Body)
	}
	if got := book(c.staff, "2026-12-01T09:00:00Z", "main"); got.code() != "" {
		t.Errorf("a cancelled time: %s", got.Body)
	}
	if got := c.ask(t, c.staff, updateAppointment, map[string]any{"id": id, "in": map[string]any{"status": "CONFIRMED"}}); got.code() != "CONFLICT" {
		t.Errorf("a cancelled visit comes back onto another: %s", got.Body)
	}
}
