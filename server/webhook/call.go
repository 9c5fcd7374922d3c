package webhook

import (
	"encoding/json"
	"time"

	"github.com/voxanne/cascade/ent/transcript"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// reportRank is the rank of a call's report, above every status: it is the
// final truth about the call.
const reportRank = 7

// callFacts are what one message says about one call. What it does not say is
// nil or empty and never a guess. It holds health data.
type callFacts struct {
	vapi.Call
	rank     int16 // whose values win; see upsertCall
	status   string
	reported bool
	// startedAt is never zero; it is sure when a report says it.
	startedAt time.Time
	sure      bool
	endedAt   *time.Time
	reason    string // why the call ended, in the provider's words

	duration         *int
	outcome, summary string
	turns, data      []byte // JSON, or nil
	sentiment        string
	score            *int
	sentimentSummary string
	urgency          string
	cost             *int64
	consent          string
	recordingState   string
	recordings       []string // the kinds that may be fetched
	booked           bool

	lead       lead
	escalation *escalation
}

// escalation is a call that a person must look at.
type escalation struct{ reason, summary, urgency string }

// factsOf reads what a message says about its call; nil for messages that say
// nothing about one, or not which. A time that the message leaves open is that
// of the message, or of its arrival.
func factsOf(m vapi.Message, received time.Time) *callFacts {
	if m.CallID == "" {
		return nil
	}
	at := firstOf(m.At, received)
	if report, ok := m.Report(); ok {
		return reported(report, at)
	}
	change, ok := m.Status()
	if !ok || change.Status.Rank() == 0 {
		return nil
	}
	f := &callFacts{
		Call: change.Call, rank: int16(change.Status.Rank()), //nolint:gosec // one digit
		startedAt: firstOf(change.CreatedAt, at), consent: "unknown", recordingState: "none",
	}
	switch change.Status {
	case vapi.Scheduled, vapi.Queued:
		f.status = "queued"
	case vapi.Ringing:
		f.status = "ringing"
	case vapi.InProgress:
		f.status = "in_progress"
	case vapi.Forwarding:
		f.status = "forwarding"
	default: // ended, as far as a status can tell; the report has the last word
		f.status, f.reason = string(change.Outcome), change.EndedReason
		f.endedAt = &at
	}
	return f
}

// reported are the facts of a report.
func reported(r vapi.CallReport, at time.Time) *callFacts {
	in := r.Insights
	f := &callFacts{
		Call: r.Call, rank: reportRank, status: string(r.Outcome), reported: true,
		startedAt: r.StartedAt, sure: !r.StartedAt.IsZero(), endedAt: new(firstOf(r.EndedAt, at)), reason: r.EndedReason,
		duration: r.DurationSeconds, outcome: in.OutcomeSummary, summary: r.Summary,
		turns: turnsJSON(r.Turns), sentiment: in.Sentiment, score: in.SentimentScore,
		sentimentSummary: in.SentimentSummary, urgency: in.Urgency, cost: r.CostMicros,
		consent: "unknown", recordingState: "none",
		booked: in.AppointmentBooked != nil && *in.AppointmentBooked,
	}
	if in.CallerName != "" {
		f.CustomerName = in.CallerName
	}
	if !f.sure {
		f.startedAt = *f.endedAt
		if f.duration != nil {
			f.startedAt = f.endedAt.Add(-time.Duration(*f.duration) * time.Second)
		}
	}
	if len(in.Data) > 0 {
		f.data, _ = json.Marshal(in.Data) //nolint:errchkjson // it was read from JSON
	}
	if r.Consent != vapi.NotAsked {
		f.consent = string(r.Consent)
	}
	switch {
	case r.Consent == vapi.Refused:
		f.recordingState = "refused"
	case len(kinds(r.Recordings)) > 0:
		f.recordingState, f.recordings = "pending", kinds(r.Recordings)
	}
	f.lead = leadOf(r, f.startedAt)
	if in.Escalation != nil && *in.Escalation {
		f.escalation = &escalation{in.EscalationReason, r.Summary, in.Urgency}
	}
	return f
}

// kinds are the recordings that are brought in; video is not.
func kinds(r vapi.Recordings) []string {
	var out []string
	for _, k := range []struct {
		there bool
		kind  string
	}{{r.Stereo, "stereo"}, {r.Mono, "mono"}, {r.Customer, "customer"}, {r.Assistant, "assistant"}} {
		if k.there {
			out = append(out, k.kind)
		}
	}
	return out
}

func turnsJSON(turns []vapi.Turn) []byte {
	if len(turns) == 0 {
		return nil
	}
	out := make([]transcript.Turn, len(turns))
	for i, t := range turns {
		out[i] = transcript.Turn{Speaker: string(t.Speaker), Text: t.Text, At: t.At.Seconds()}
	}
	text, err := json.Marshal(out)
	if err != nil { // cannot be: strings and finite numbers
		return nil
	}
	return text
}

// direction is the call's, and whether the message says it. A call that has to
// do with a telephone and does not say is taken for one that came in.
func (f *callFacts) direction() (d string, known bool) {
	switch {
	case f.Direction != "":
		return string(f.Direction), true
	case f.CustomerNumber != "" || f.OurNumber != "" || f.PhoneNumberID != "" || f.ProviderCallID != "":
		return string(vapi.Inbound), false
	default:
		return string(vapi.Web), false
	}
}

// firstOf is the first of ts that is not zero.
func firstOf(ts ...time.Time) time.Time {
	for _, t := range ts {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
