package reception

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// span is a part of a day by the clock on the wall, in minutes from midnight. It
// ends just before closes.
type span struct{ opens, closes int }

// week is when a clinic is open, by time.Weekday. The zero week is never.
type week [7][]span

// dayNames are the days as settings name them, by time.Weekday.
var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// officeHours are those of a clinic that has said nothing.
func officeHours() (w week) {
	for day := time.Monday; day <= time.Friday; day++ {
		w[day] = []span{{9 * 60, 17 * 60}}
	}
	return w
}

// readWeek reads opening hours as settings hold them: a weekday to a list of
// {open, close}. What does not read is left out, so that a clinic is never taken
// to be open in doubt. ok is false when they name no weekday at all.
func readWeek(settings map[string]any) (w week, ok bool) {
	for day, name := range dayNames {
		list, there := settings[name].([]any)
		ok = ok || there
		for _, entry := range list {
			o, _ := entry.(map[string]any)
			opens, good := readClock(o["open"])
			closes, fine := readClock(o["close"])
			if good && fine && opens < closes {
				w[day] = append(w[day], span{opens, closes})
			}
		}
		slices.SortFunc(w[day], func(a, b span) int { return a.opens - b.opens })
	}
	return w, ok
}

// readClock reads a time from 00:00 to 24:00.
func readClock(v any) (minutes int, ok bool) {
	s, _ := v.(string)
	if s == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil
}

// interval is from its start until just before its end.
type interval struct{ start, end time.Time }

func (i interval) meets(o interval) bool { return i.start.Before(o.end) && o.start.Before(i.end) }

// on are the intervals in which the clinic is open on the day of t, in t's zone.
// On the days when clocks change they are longer or shorter than the clock says,
// or gone.
func (w week) on(t time.Time) []interval {
	var open []interval
	for _, s := range w[t.Weekday()] {
		if i := (interval{wall(t, s.opens), wall(t, s.closes)}); i.start.Before(i.end) {
			open = append(open, i)
		}
	}
	return open
}

// at reports whether the clinic is open at t, in t's zone.
func (w week) at(t time.Time) bool {
	return slices.ContainsFunc(w.on(t), func(i interval) bool { return !t.Before(i.start) && t.Before(i.end) })
}

// wall is the moment when the clock on the wall shows minutes past midnight on
// the day of t. In spring, when it skips that time, it is the moment of the
// change; in autumn, when it shows it twice, the first.
func wall(t time.Time, minutes int) time.Time {
	year, month, day := t.Date()
	at := time.Date(year, month, day, 0, minutes, 0, 0, t.Location())
	before, after := at.ZoneBounds()
	asked := time.Date(year, month, day, 0, minutes, 0, 0, time.UTC)
	shown := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
	switch {
	case shown.After(asked): // skipped, and read with the offset from before the change
		return before
	case shown.Before(asked):
		return after
	case before.IsZero():
		return at
	}
	_, now := at.Zone()
	_, then := before.Add(-time.Second).Zone()
	if first := at.Add(-time.Duration(then-now) * time.Second); then > now && first.Before(before) {
		return first
	}
	return at
}

// words are the hours as people say them: "Monday 09:00 to 12:00 and 13:00 to
// 17:00; Tuesday closed; ...".
func (w week) words() string {
	days := make([]string, 0, len(w))
	for i := range w {
		day := time.Weekday((i + 1) % 7) // Monday first
		parts := make([]string, len(w[day]))
		for j, s := range w[day] {
			parts[j] = fmt.Sprintf("%02d:%02d to %02d:%02d", s.opens/60, s.opens%60, s.closes/60, s.closes%60)
		}
		if len(parts) == 0 {
			parts = []string{"closed"}
		}
		days = append(days, day.String()+" "+strings.Join(parts, " and "))
	}
	return strings.Join(days, "; ")
}
