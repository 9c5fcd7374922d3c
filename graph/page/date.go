package page

import (
	"fmt"
	"io"
	"time"

	"github.com/voxanne/cascade/graph/fault"
)

// Date is a day of a calendar, without a time or a zone: the scalar Date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// In returns the moment at which the day begins in loc. A day whose midnight a
// clock change skips begins when the clock goes on.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// Next returns the day after.
func (d Date) Next() Date { return DateOf(time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, time.UTC)) }

// Before reports whether d comes before e.
func (d Date) Before(e Date) bool { return d.In(time.UTC).Before(e.In(time.UTC)) }

// DateOf returns the day of t, in t's own zone.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// String is the day as ISO 8601 has it.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalGQL implements graphql.Marshaler.
func (d Date) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, `"`+d.String()+`"`) }

// UnmarshalGQL implements graphql.Unmarshaler.
func (d *Date) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return notDate()
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return notDate()
	}
	*d = DateOf(t)
	return nil
}

func notDate() error {
	return fault.New(fault.BadUserInput, "A Date is a day that exists, written such as 2026-11-23.")
}
