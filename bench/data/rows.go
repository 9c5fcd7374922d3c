package data

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// callColumns are the columns that calls fills; the others keep their defaults.
var callColumns = []string{ //nolint:gochecknoglobals // immutable table
	"org_id", "id", "provider_call_id", "agent_id", "direction", "status", "caller_number", "caller_name", "our_number",
	"started_at", "ended_at", "duration_seconds", "ended_reason", "outcome", "summary", "transcript", "sentiment",
	"sentiment_score", "cost_micros", "appointment_booked", "search", "reported_at", "created_at", "updated_at",
}

// calls are the rows of call_logs in the order of time, as a server that takes
// the calls of all clinics writes them: one clinic's newest lie far apart.
func (s *Set) calls() pgx.CopyFromSource {
	next := make([]int, s.Clinics)
	at := -1
	return pgx.CopyFromFunc(func() ([]any, error) {
		if at++; at >= len(s.clinic) {
			return nil, nil
		}
		clinic := int(s.clinic[at])
		n := next[clinic]
		next[clinic]++
		return s.call(clinic, n, s.Base.Add(-Window/time.Duration(s.Calls)*time.Duration(s.Calls-1-at))), nil
	})
}

func (s *Set) call(clinic, n int, started time.Time) []any {
	random := rand.New(rand.NewPCG(uint64(clinic), uint64(n))) //nolint:gosec // G404, G115: the rows must be the same again
	canary := Canary(clinic)
	number := fmt.Sprintf("+1555%07d", random.IntN(10_000_000))
	name := canary + " " + pick(random, "Ada", "Ben", "Cleo", "Dev", "Eve", "Finn") + " " + pick(random, "Moss", "Reed", "Hale", "Lund")
	direction := pick(random, "inbound", "inbound", "inbound", "outbound", "web")
	status := pick(random, "completed", "completed", "completed", "completed", "completed", "missed", "voicemail", "transferred", "failed")
	seconds := 20 + random.IntN(400)
	ended := started.Add(time.Duration(seconds) * time.Second)
	score := random.IntN(101)
	mood := "neutral"
	switch {
	case score < 30:
		mood = "negative"
	case score > 65:
		mood = "positive"
	}
	return []any{
		Org(clinic), Call(clinic, n), fmt.Sprintf("call-%d-%d", clinic, n), Agent(clinic, random.IntN(AgentsPerClinic)),
		direction, status, number, name, "+15550000000",
		started, ended, seconds, "customer-ended-call", "answered", canary + " asked for an appointment and got one.",
		transcript(random, canary), mood,
		score, int64(seconds) * 1_500, random.IntN(4) == 0, strings.ToLower(name) + " " + number, ended, started, ended,
	}
}

// transcript is about a kilobyte of talk.
func transcript(random *rand.Rand, canary string) string {
	var b strings.Builder
	b.WriteByte('[')
	for turn := range 10 {
		speaker, text := "assistant", "Thank you for calling "+canary+", how may I help you today?"
		if turn > 0 {
			text = pick(random, "Of course, let me look at the calendar for that day.", "We have a room at ten past nine, or later at four.",
				"Could you spell the name for me, one letter at a time?", "You will get a message with the address and the time.")
		}
		if turn%2 == 1 {
			speaker = "caller"
			text = pick(random, "I would like to come in some time next week, please.", "The morning is better for me than the afternoon.",
				"Yes, that is right, thank you very much for your help.", "Is there a place to park, and what will it cost me?")
		}
		if turn > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"speaker":%q,"text":%q,"at":%d.5}`, speaker, text, turn*6)
	}
	b.WriteByte(']')
	return b.String()
}

func pick(random *rand.Rand, of ...string) string { return of[random.IntN(len(of))] }

// numberedRows are the rows for 0 to n-1.
func numberedRows(n int, row func(int) []any) pgx.CopyFromSource {
	return pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil })
}
