package reception

import (
	"strings"
	"time"
)

// sayTime is a time as people say it, with the form that tools take behind it.
func sayTime(at time.Time, zone *time.Location) string {
	at = at.In(zone)
	return at.Format("Monday, January 2 at 3:04 PM") + " [" + at.Format(time.RFC3339) + "]"
}

func sayTimes(free []slot, zone *time.Location) string {
	list := make([]string, len(free))
	for i, s := range free {
		list[i] = sayTime(s.start, zone)
	}
	return strings.Join(list, "; ")
}

// offering adds the nearest free times to a refusal.
func offering(say string, free []slot, zone *time.Location) string {
	if len(free) == 0 {
		return say + " There is no free time near it."
	}
	return say + " The nearest free times are " + sayTimes(free, zone) + "."
}
