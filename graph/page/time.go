package page

import (
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/voxanne/cascade/graph/fault"
)

// MarshalTime writes the scalar Time: RFC 3339, in UTC.
func MarshalTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var room [len(`"2006-01-02T15:04:05.999999999Z"`)]byte
		text := append(room[:0], '"')
		text = t.UTC().AppendFormat(text, time.RFC3339Nano)
		_, _ = w.Write(append(text, '"'))
	})
}

// UnmarshalTime reads the scalar Time, with any zone. RFC 3339 has years of four
// digits, so a moment that lies beyond them in UTC could not be written again.
func UnmarshalTime(v any) (time.Time, error) {
	if s, ok := v.(string); ok {
		t, err := time.Parse(time.RFC3339Nano, s)
		if t = t.UTC(); err == nil && t.Year() >= 0 && t.Year() <= 9999 {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.BadUserInput, "A Time is a moment as RFC 3339 has it, such as 2026-11-23T09:30:00Z.")
}
