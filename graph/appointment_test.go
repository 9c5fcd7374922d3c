package graph_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
)

const (
	createAppointment = `mutation($in: CreateAppointmentInput!) { createAppointment(input: $in) {
		appointment { id status durationMinutes contact { name } call { id } } } }`
	updateAppointment = `mutation($id: ID!, $in: UpdateAppointmentInput!) { updateAppointment(id: $id, input: $in) {
		appointment { id status service durationMinutes cancelledAt } } }`
	cancelAppointment = `mutation($id: ID!) { cancelAppointment(id: $id) { appointment { id status cancelledAt } } }`
)

type appointmentRow struct {
	ID, Status, Service, CancelledAt string
	DurationMinutes                  int
	Contact                          *struct{ Name string }
	Call                             *struct{ ID string }
}

// A visit is booked for a caller, moved, cancelled twice, and booked again.
func TestAnAppointmentsLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	contact := c.row(t, "contact", "contacts", c.own, map[string]any{"name": "Ann"})
	call := nodeid.Encode("call", c.calls(t, c.own, 1)[0])
	var made struct {
		CreateAppointment struct{ Appointment appointmentRow }
	}
	c.ask(t, c.staff, createAppointment, map[string]any{"in": map[string]any{
		"contactId": contact, "callId": call, "startsAt": "2026-12-01T09:30:00Z", "service": "Check-up",
	}}).decode(t, &made)
	visit := made.CreateAppointment.Appointment
	want := appointmentRow{ID: visit.ID, Status: "CONFIRMED", DurationMinutes: 30, Contact: &struct{ Name string }{"Ann"}, Call: &struct{ ID string }{call}}
	if diff := cmp.Diff(want, visit); diff != "" {
		t.Error(diff)
	}
	if n := c.recorded(t, c.staff, policy.Create, policy.Appointment); n != 1 {
		t.Errorf("%d records of the booking", n)
	}

	var changed struct {
		UpdateAppointment struct{ Appointment appointmentRow }
	}
	c.ask(t, c.staff, updateAppointment, map[string]any{"id": visit.ID, "in": map[string]any{"durationMinutes": 45}}).decode(t, &changed)
	if got := changed.UpdateAppointment.Appointment; got.Service != "Check-up" || got.DurationMinutes != 45 {
		t.Errorf("after the change: %+v", got)
	}
	var first, second struct {
		CancelAppointment struct{ Appointment appointmentRow }
	}
	c.ask(t, c.staff, cancelAppointment, map[string]any{"id": visit.ID}).decode(t, &first)
	c.ask(t, c.staff, cancelAppointment, map[string]any{"id": visit.ID}).decode(t, &second)
	if first.CancelAppointment.Appointment.Status != "CANCELLED" || first.CancelAppointment.Appointment.CancelledAt == "" || cmp.Diff(first, second) != "" {
		t.Errorf("cancelled %+v, then %+v", first, second)
	}
	c.ask(t, c.staff, updateAppointment, map[string]any{"id": visit.ID, "in": map[string]any{"status": "COMPLETED", "service": ""}}).decode(t, &changed)
	if got := changed.UpdateAppointment.Appointment; got.CancelledAt != "" && got.Service != "" {
		t.Errorf("after all: %+v", got)
	}
	if got := c.ask(t, c.staff, cancelAppointment, map[string]any{"id": visit.ID}); got.code() != "CONFLICT" {
		t.Errorf("cancelling what took place: %s", got.Body)
	}
	foreign := c.row(t, "appointment", "appointments", c.other, map[string]any{"starts_at": time.Now()})
	c.refuses(t, c.staff, cancelAppointment, nil, foreign)
	c.refuses(t, c.staff, updateAppointment, map[string]any{"in": map[string]any{"notes": "x"}}, foreign)
	if n := c.count(t, `select count(*) from appointments where status = 'confirmed' and notes is null and org_id = $1`, c.other); n != 1 {
		t.Error("the neighbour's appointment was touched")
	}
}

// A reference to a neighbour's row is like one to nothing, and the neighbour
// learns that somebody tried.
func TestAnAppointmentRefersToItsOwnClinic(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	book := func(name, id string) answer {
		return c.ask(t, c.staff, createAppointment, map[string]any{"in": map[string]any{name: id, "startsAt": "2026-12-01T09:30:00Z"}})
	}
	contact := c.row(t, "contact", "contacts", c.other, map[string]any{"name": "Bo"})
	foreign := book("contactId", contact)
	if foreign.code() != "NOT_FOUND" {
		t.Errorf("%s", foreign.Body)
	}
	for _, id := range []string{nodeid.Encode("contact", uuid.Must(uuid.NewV7())), "nonsense"} {
		if absent := book("contactId", id); absent.Body != foreign.Body {
			t.Errorf("foreign %s\nabsent %s", foreign.Body, absent.Body)
		}
	}
	call := nodeid.Encode("call", c.calls(t, c.other, 1)[0])
	if got := book("callId", call); got.Body != foreign.Body {
		t.Errorf("a call: %s", got.Body)
	}
	for _, resource := range []string{"contact", "call"} {
		eventually(t, "the attempt on a "+resource+" on record", func() bool {
			return c.count(t, `select count(*) from audit_decisions where reason = 'foreign_row' and org_id = $1 and resource = $2`, c.other, resource) == 1
		})
	}
	for _, in := range []map[string]any{
		{"durationMinutes": 4}, {"durationMinutes": 481}, {"startsAt": "0001-01-01T00:00:00Z"},
	} {
		if in["startsAt"] == nil {
			in["startsAt"] = "2026-12-01T09:30:00Z"
		}
		if got := c.ask(t, c.staff, createAppointment, map[string]any{"in": in}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%v: %s", in, got.Body)
		}
	}
	if n := c.count(t, `select count(*) from appointments`); n != 0 {
		t.Errorf("%d appointments came of it", n)
	}
}

// Days are the clinic's own: in London's summer, midnight is 23:00 UTC.
func TestAppointmentsOfADay(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var want []string
	for _, at := range []string{"2026-07-01T23:30:00Z", "2026-07-02T12:00:00Z", "2026-07-02T22:59:00Z"} {
		want = append(want, c.row(t, "appointment", "appointments", c.own, map[string]any{"starts_at": at}))
	}
	c.row(t, "appointment", "appointments", c.own, map[string]any{"starts_at": "2026-07-01T22:59:00Z"})
	c.row(t, "appointment", "appointments", c.own, map[string]any{"starts_at": "2026-07-02T23:00:00Z"})
	c.row(t, "appointment", "appointments", c.other, map[string]any{"starts_at": "2026-07-02T12:00:00Z"})
	var out struct {
		Appointments struct{ Nodes []struct{ ID string } }
	}
	request := graph.Request{Subject: c.viewer, Orgs: c.viewer.Proven(), Zones: map[uuid.UUID]string{c.own: "Europe/London"}}
	c.askWith(t, request, `{ appointments(where: {from: "2026-07-02", to: "2026-07-02", status: [CONFIRMED]}, orderBy: {direction: ASC}) { nodes { id } } }`, nil).decode(t, &out)
	var got []string
	for _, n := range out.Appointments.Nodes {
		got = append(got, n.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
