package domain

import (
	"strconv"
	"time"
)

// Count is a number with its noun: "1 cell", "48 cells".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Span is a length of time as people say it, rounded down to its largest unit:
// "40 seconds", "2 days".
func Span(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < time.Minute:
		return Count(int(d/time.Second), "second")
	case d < time.Hour:
		return Count(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return Count(int(d/time.Hour), "hour")
	default:
		return Count(int(d/(24*time.Hour)), "day")
	}
}
