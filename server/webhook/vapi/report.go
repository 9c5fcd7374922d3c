package vapi

import (
	"encoding/json"
	"log/slog"
	"math"
	"time"
)

// maxCallLength bounds durations; Vapi's own limit is twelve hours.
const maxCallLength = 7 * 24 * time.Hour

// CallReport is what an end-of-call-report says. What it does not say is zero,
// nil or empty, never a guess. It holds health data.
type CallReport struct {
	Call
	// StartedAt and EndedAt are the report's; where it has none, the times of
	// the first and last thing said, then of the call's creation and of the
	// report itself.
	StartedAt, EndedAt time.Time
	// DurationSeconds is rounded to the nearest second.
	DurationSeconds *int
	// EndedReason is Vapi's own word; Outcome is its class.
	EndedReason string
	Outcome     Outcome
	Turns       []Turn
	Summary     string
	// Success is the verdict of the assistant's own evaluation plan, as it
	// chose to word it.
	Success  string
	Insights Insights
	// CostMicros is what Vapi charged, in millionths of a US dollar.
	CostMicros *int64
	Consent    Consent
	// ConsentAt is when consent was granted.
	ConsentAt  time.Time
	Recordings Recordings
}

// Report reads an end-of-call-report; ok is false for any other type. The
// message's own fields come first: its call is the snapshot of the creation.
func (m Message) Report() (report CallReport, ok bool) {
	if m.Type != TypeEndOfCallReport {
		return CallReport{}, false
	}
	b, call := m.body, m.body["call"]
	spoken := m.spoken()
	reason := clip(firstText(b["endedReason"], at(call, "endedReason")), 256)
	report = CallReport{
		Call:        m.Call(),
		StartedAt:   moment(b["startedAt"], at(call, "startedAt")),
		EndedAt:     moment(b["endedAt"], at(call, "endedAt")),
		EndedReason: reason,
		Outcome:     Classify(reason),
		Turns:       spoken.turns,
		Summary:     firstSaid(at(b, "analysis", "summary"), b["summary"], at(call, "analysis", "summary")),
		Success:     clip(firstText(at(b, "analysis", "successEvaluation"), at(call, "analysis", "successEvaluation")), 256),
		Insights:    m.insights(),
		CostMicros:  m.cost(),
		Recordings:  m.recordings(),
	}
	report.Consent, report.ConsentAt = m.consent()
	if report.StartedAt.IsZero() {
		report.StartedAt = firstTime(spoken.first, report.CreatedAt)
	}
	if report.EndedAt.IsZero() {
		report.EndedAt = firstTime(spoken.last, m.At)
	}
	report.DurationSeconds = m.duration(report.StartedAt, report.EndedAt)
	return report, true
}

// duration prefers what the report says, in whichever unit, to the difference
// of its times: those may be the times of what was said.
func (m Message) duration(start, end time.Time) *int {
	for _, told := range []struct {
		key    string
		places int
		times  int64
	}{{"durationSeconds", 9, 1}, {"durationMs", 6, 1}, {"durationMinutes", 9, 60}} {
		if d, ok := span(m.body[told.key], told.places, told.times); ok {
			return seconds(d)
		}
	}
	if d := end.Sub(start); !start.IsZero() && !end.IsZero() && d >= 0 && d <= maxCallLength {
		return seconds(d)
	}
	return nil
}

// cost is the total, or the sum of the parts where there is none.
func (m Message) cost() *int64 {
	for _, v := range []any{m.body["cost"], at(m.body, "costBreakdown", "total"), at(m.body, "call", "cost")} {
		if micros, ok := dollars(v); ok {
			return &micros
		}
	}
	var sum int64
	parts := list(m.body["costs"])
	for _, part := range parts {
		micros, ok := dollars(at(part, "cost"))
		if !ok || sum > math.MaxInt64-micros {
			return nil // part of a sum is not the cost
		}
		sum += micros
	}
	if len(parts) == 0 {
		return nil
	}
	return &sum
}

// dollars is v in micro-dollars; ok is false for what is no amount.
func dollars(v any) (micros int64, ok bool) {
	micros, ok = scaled(json.Number(text(v)), 6)
	return micros, ok && micros >= 0
}

// span is v, shifted by so many decimal places and taken so many times, in
// nanoseconds; ok is false when v is no number that a call can last.
func span(v any, places int, times int64) (d time.Duration, ok bool) {
	n, ok := scaled(json.Number(text(v)), places)
	if !ok || n < 0 || n > int64(maxCallLength)/times {
		return 0, false
	}
	return time.Duration(n * times), true
}

func seconds(d time.Duration) *int {
	n := int(d.Round(time.Second) / time.Second)
	return &n
}

// firstTime is the first of ts that is not zero.
func firstTime(ts ...time.Time) time.Time {
	for _, t := range ts {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// LogValue keeps health data out of logs.
func (r CallReport) LogValue() slog.Value {
	return slog.GroupValue(slog.String("call_id", r.ID), slog.String("outcome", string(r.Outcome)))
}
