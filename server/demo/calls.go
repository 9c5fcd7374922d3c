package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// phone makes the calls, oldest first: fewer on Saturdays, a handful on
// Sundays, some within the last hours whatever the time is, and one that goes on.
func (m *maker) phone() {
	var times []time.Time
	for back := days; back >= 0; back-- {
		day := m.now.AddDate(0, 0, -back)
		n := 7 + m.rand.IntN(4)
		switch day.Weekday() {
		case time.Saturday:
			n = 3 + m.rand.IntN(3)
		case time.Sunday:
			n = m.rand.IntN(3)
		default:
		}
		for range n {
			// Around noon, seldom at night, in the clinic's own day.
			minute := 13*60 + int(m.rand.NormFloat64()*150)
			at := time.Date(day.Year(), day.Month(), day.Day(), 0, max(0, min(minute, 24*60-1)), m.rand.IntN(60), 0, m.zone)
			if at.Before(m.now.Add(-20 * time.Minute)) {
				times = append(times, at)
			}
		}
	}
	for _, minutes := range []int{190, 95, 50, 25} {
		times = append(times, m.now.Add(-time.Duration(60*minutes+m.rand.IntN(60))*time.Second))
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, at := range times {
		m.ring(at, false)
	}
	for i := range 6 {
		m.ring(m.now.AddDate(0, 0, -9*i).Add(-5*time.Hour), true)
	}
	m.ongoing(m.now.Add(-75 * time.Second))
}

// ring makes one call at a time, by the odds of what becomes of a call.
func (m *maker) ring(at time.Time, test bool) {
	c := m.blank(at)
	c.IsTest = test
	list := scenarios
	switch n := m.rand.IntN(100); {
	case test || n < 4:
		c.Direction, c.OurNumber, c.PhoneNumberID = call.DirectionWeb, nil, nil
	case n < 20:
		c.Direction, c.AgentID, list = call.DirectionOutbound, &m.agents[outbound].ID, reminders
		c.OurNumber, c.PhoneNumberID = &m.numbers[outbound].E164, &m.numbers[outbound].ID
	default:
	}
	name := m.from(c)
	n := m.rand.IntN(100)
	if test {
		n = 0
	}
	switch {
	case n < 76:
		m.talk(c, weighted(m.rand, list), name)
	case n < 87:
		reason := "call.ringing.sip-inbound-caller-hungup-before-call-connect"
		if c.Direction == call.DirectionOutbound {
			reason = pick(m.rand, []string{"customer-did-not-answer", "customer-busy"})
		}
		m.end(c, call.StatusMissed, reason, 0)
	case n < 93:
		m.end(c, call.StatusVoicemail, "voicemail", 8+m.rand.IntN(25))
		c.Outcome = new(m.mark("Left a message on voicemail."))
	case n < 96:
		m.end(c, call.StatusFailed, "call.in-progress.error-providerfault-transport-never-connected", m.rand.IntN(6))
	case n < 98:
		m.end(c, call.StatusCancelled, "manually-canceled", 0)
	default:
		m.end(c, call.StatusUnknown, "call.in-progress.hook-ended-in-a-new-way", 20+m.rand.IntN(60))
	}
	m.calls = append(m.calls, c)
}

// blank is an inbound call on the main line.
func (m *maker) blank(at time.Time) *ent.Call {
	id := m.id(at)
	return &ent.Call{
		ID: id, OrgID: m.org, CreatedAt: at, UpdatedAt: at, StartedAt: at,
		Provider: "vapi", ProviderCallID: m.canary + "-" + id.String(), AgentID: &m.agents[inbound].ID,
		PhoneNumberID: &m.numbers[mainLine].ID, OurNumber: &m.numbers[mainLine].E164, Direction: call.DirectionInbound,
		Currency: "USD", RecordingConsent: call.RecordingConsentUnknown, RecordingState: call.RecordingStateNone,
	}
}

// from says who is on the other end and returns the bare name: a contact most
// of the time, else somebody whose number alone is known, or not even that.
func (m *maker) from(c *ent.Call) string {
	name := pick(m.rand, m.first) + " " + pick(m.rand, m.last)
	switch n := m.rand.IntN(100); {
	case n < 80 || c.Direction == call.DirectionOutbound:
		person := pick(m.rand, m.contacts)
		name = m.caller(person)
		c.ContactID, c.CallerName, c.CallerNumber = &person.ID, person.Name, person.Phone
		c.Search = person.Search
	case n < 95:
		c.CallerNumber = new(m.number(m.mobile, 500+m.rand.IntN(400)))
		c.Search = searchText(*c.CallerNumber)
	default: // withheld
	}
	return name
}

// talk lets somebody answer, and notes what came of it.
func (m *maker) talk(c *ent.Call, s scenario, name string) {
	v := m.converse(m.rand, s, name, c.StartedAt)
	status, reason := call.StatusCompleted, pick(m.rand, []string{"customer-ended-call", "customer-ended-call", "assistant-ended-call"})
	if s.hands {
		status, reason = call.StatusTransferred, "assistant-forwarded-call"
	}
	m.end(c, status, reason, v.duration)
	c.Transcript = v.turns
	c.Outcome, c.Summary = v.text(m.clinic, s.outcome), v.text(m.clinic, s.summary)
	score := s.mood.low + m.rand.IntN(s.mood.high-s.mood.low+1)
	c.Sentiment, c.SentimentScore = new(call.Sentiment(s.mood.sentiment)), &score
	c.SentimentSummary, c.Urgency = new(m.mark(s.mood.note)), new(call.Urgency(s.mood.urgency))
	c.AppointmentBooked = s.books && !c.IsTest
	c.StructuredData = map[string]any{
		"intent": s.intent, "serviceDiscussed": m.mark(v.service.name), "shortOutcome": *c.Outcome,
		"appointmentBooked": c.AppointmentBooked, "sentimentScore": float64(score) / 100, "sentimentUrgency": s.mood.urgency,
	}
	if c.IsTest {
		return
	}
	c.RecordingConsent = call.RecordingConsentGranted
	if chance(m.rand, 8) {
		c.RecordingConsent = call.RecordingConsentRefused
	}
	if c.AppointmentBooked {
		m.book(c, v)
	}
	if s.escalates {
		m.escalate(c, v)
	}
}

// end closes a call and reckons its price: about twelve cents a minute.
func (m *maker) end(c *ent.Call, status call.Status, reason string, seconds int) {
	ended := c.StartedAt.Add(time.Duration(seconds) * time.Second)
	c.Status, c.StatusRank = status, int16(vapi.Ended.Rank()) //nolint:gosec // G115: ranks are below ten.
	c.EndedAt, c.DurationSeconds, c.EndedReason = &ended, &seconds, &reason
	c.CostMicros = new(int64(seconds)*2_000 + int64(m.rand.IntN(900)))
	reported := m.after(ended, 1)
	c.ReportedAt, c.UpdatedAt = &reported, reported
}

// ongoing makes the call that somebody is having right now.
func (m *maker) ongoing(at time.Time) {
	c := m.blank(at)
	m.from(c)
	c.Status, c.StatusRank = call.StatusInProgress, int16(vapi.InProgress.Rank()) //nolint:gosec // G115: ranks are below ten.
	m.calls = append(m.calls, c)
}

// toolCall is the provider's name for something that the assistant did.
func (m *maker) toolCall() *string {
	return new(fmt.Sprintf("%s-tool-%012x", m.canary, m.rand.Uint64()>>16))
}
