package demo

import (
	"time"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/appointment"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/ent/escalation"
)

// book makes the appointment that a call ended in.
func (m *maker) book(c *ent.Call, v conversation) {
	m.appoint(&ent.Appointment{
		CreatedAt: *c.EndedAt, ContactID: c.ContactID, CallID: &c.ID, ToolCallID: m.toolCall(),
		Service: new(m.mark(v.service.name)), StartsAt: v.starts, DurationMinutes: v.service.minutes,
	})
}

// visits makes the appointments that were arranged at the desk, most of them to come.
func (m *maker) visits() {
	for range 24 {
		s := pick(m.rand, m.services)
		made := m.now.AddDate(0, 0, -1-m.rand.IntN(14))
		m.appoint(&ent.Appointment{
			CreatedAt: made, ContactID: &pick(m.rand, m.contacts).ID, Service: new(m.mark(s.name)),
			StartsAt: m.slot(m.rand, made, 10+m.rand.IntN(30)), DurationMinutes: s.minutes,
		})
	}
}

// appoint gives an appointment the state that the time makes likely.
func (m *maker) appoint(a *ent.Appointment) {
	a.ID, a.OrgID, a.UpdatedAt = m.id(a.CreatedAt), m.org, a.CreatedAt
	ends := a.StartsAt.Add(time.Duration(a.DurationMinutes) * time.Minute)
	n := m.rand.IntN(100)
	switch past := ends.Before(m.now); {
	case n < 10:
		a.Status = appointment.StatusCancelled
		a.CancelledAt = new(m.after(a.CreatedAt, 24*60))
		a.UpdatedAt = *a.CancelledAt
	case past && n < 18:
		a.Status, a.UpdatedAt = appointment.StatusNoShow, ends
	case past:
		a.Status, a.UpdatedAt = appointment.StatusCompleted, ends
	case a.StartsAt.Before(m.now):
		a.Status = appointment.StatusInProgress
	case n < 30:
		a.Status = appointment.StatusPending
	default:
		a.Status = appointment.StatusConfirmed
	}
	if n%3 == 0 {
		a.Notes = new(m.mark(pick(m.rand, []string{"First visit.", "Asked for a reminder.", "Bring earlier reports.", "May be late by ten minutes."})))
	}
	m.appointments = append(m.appointments, a)
}

// escalate makes what a person must look at: dealt with when it is old.
func (m *maker) escalate(c *ent.Call, v conversation) {
	e := &ent.Escalation{
		ID: m.id(*c.EndedAt), OrgID: m.org, CreatedAt: *c.EndedAt, UpdatedAt: *c.EndedAt, RaisedAt: *c.EndedAt,
		CallID: &c.ID, ToolCallID: m.toolCall(), Summary: c.Summary, Urgency: escalation.Urgency(v.mood.urgency),
		Status: escalation.StatusOpen, RuleID: &m.rules[1].ID, Reason: new(m.mark("The caller was upset.")),
	}
	if c.Status == call.StatusTransferred {
		e.RuleID, e.Reason = &m.rules[0].ID, new(m.mark("The caller described an emergency."))
	}
	age := m.now.Sub(e.RaisedAt)
	if age > 2*time.Hour && chance(m.rand, 85) {
		e.Status = escalation.StatusAcknowledged
		e.AcknowledgedAt = new(m.after(e.RaisedAt, 90))
		e.AcknowledgedBy = new(userID(pick(m.rand, []string{"admin", "staff"}) + "@" + m.slug + ".test"))
		e.UpdatedAt = *e.AcknowledgedAt
	}
	if e.Status == escalation.StatusAcknowledged && age > 36*time.Hour {
		e.Status = escalation.StatusResolved
		e.ResolvedAt = new(m.after(*e.AcknowledgedAt, 24*60))
		e.UpdatedAt = *e.ResolvedAt
	}
	m.escalations = append(m.escalations, e)
}
