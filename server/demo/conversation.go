package demo

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/voxanne/cascade/ent/transcript"
)

// conversation is a scenario as one caller lived it.
type conversation struct {
	scenario
	service  service
	starts   time.Time // of the appointment that is spoken of
	fill     *strings.Replacer
	turns    []transcript.Turn
	duration int // seconds
}

// converse plays a scenario between a caller and the clinic at the time at.
func (c clinic) converse(r *rand.Rand, s scenario, caller string, at time.Time) conversation {
	first, _, _ := strings.Cut(caller, " ")
	v := conversation{scenario: s, service: pick(r, c.services)}
	v.starts = c.slot(r, at, 1+r.IntN(20))
	v.fill = strings.NewReplacer(
		"{clinic}", c.name, "{full}", caller, "{name}", first,
		"{service}", v.service.name, "{price}", v.service.price, "{doctor}", pick(r, c.practitioners),
		"{complaint}", pick(r, c.complaints), "{urgent}", pick(r, c.urgent), "{payer}", pick(r, c.payers),
		"{day}", v.starts.Format("Monday, January 2"), "{time}", v.starts.Format("3:04 pm"),
	)
	lines := append([]string{}, s.turns...)
	for _, i := range r.Perm(len(asides))[:r.IntN(3)] {
		// Before the caller's last words, so that the two still take turns.
		last := len(lines) - 1 - len(lines)%2
		lines = append(lines[:last], append([]string{asides[i][0], asides[i][1]}, lines[last:]...)...)
	}
	said := 0.8 // seconds from the start
	for i, line := range lines {
		speaker := "assistant"
		if i%2 == 1 {
			speaker = "caller"
		}
		text := v.fill.Replace(line)
		v.turns = append(v.turns, transcript.Turn{Speaker: speaker, Text: c.mark(text), At: said})
		// About fifteen letters a second, and a breath.
		said += float64(len(text)/15) + 0.5 + float64(r.IntN(14))/10
	}
	v.duration = int(said) + 2
	return v
}

// text fills in and marks one of the scenario's texts.
func (v conversation) text(c clinic, template string) *string {
	return new(c.mark(v.fill.Replace(template)))
}

// slot is a quarter of an hour within business hours, days after t. A day
// without any gives one of a later day.
func (c clinic) slot(r *rand.Rand, t time.Time, days int) time.Time {
	for ; ; days++ {
		day := t.AddDate(0, 0, days)
		spans := c.hours[strings.ToLower(day.Weekday().String()[:3])]
		if len(spans) == 0 {
			continue
		}
		s := pick(r, spans)
		from, to := clock(s.Open), clock(s.Close)
		quarter := from + 15*r.IntN((to-from)/15)
		return time.Date(day.Year(), day.Month(), day.Day(), quarter/60, quarter%60, 0, 0, t.Location())
	}
}

// clock reads "15:04" into minutes from midnight.
func clock(text string) int {
	t, err := time.Parse("15:04", text)
	if err != nil {
		panic("demo: " + text + " is no time of day") // a constant of this package
	}
	return 60*t.Hour() + t.Minute()
}

// weighted takes a scenario by its weight.
func weighted(r *rand.Rand, list []scenario) scenario {
	total := 0
	for _, s := range list {
		total += s.weight
	}
	n := r.IntN(total)
	for _, s := range list {
		if n -= s.weight; n < 0 {
			return s
		}
	}
	return list[0]
}
