package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/voxanne/cascade/graph/fault"
)

// written is a scalar as an answer has it, read as JSON.
func written(t *testing.T, m graphql.Marshaler) string {
	t.Helper()
	var out bytes.Buffer
	m.MarshalGQL(&out)
	var text string
	if err := json.Unmarshal(out.Bytes(), &text); err != nil {
		t.Fatalf("%s is no JSON string: %v", &out, err)
	}
	return text
}

func refused(t *testing.T, text string, err error) {
	t.Helper()
	var shown *fault.Error
	if !errors.As(err, &shown) || shown.Code != fault.BadUserInput {
		t.Fatalf("%q is refused with %v", text, err)
	}
}

// FuzzTime: a Time that is read can be written, and is the same moment again.
func FuzzTime(f *testing.F) {
	for _, text := range []string{
		"2026-11-23T09:30:00Z", "2026-11-23T09:30:00.123456789+05:45", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
		"9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59", "2026-11-23T09:30:60Z", "2026-11-23t09:30:00z", "2026-11-23", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := UnmarshalTime(text)
		if err != nil {
			refused(t, text, err)
			return
		}
		again, err := UnmarshalTime(written(t, MarshalTime(at)))
		if err != nil || !again.Equal(at) || again.Location() != time.UTC {
			t.Fatalf("%q is %v, then %v (%v)", text, at, again, err)
		}
	})
}

// FuzzDate: a Date that is read is written as it came, and its next day begins
// after it, in every zone.
func FuzzDate(f *testing.F) {
	for _, text := range []string{"2026-11-23", "2024-02-29", "2026-02-29", "0000-01-01", "9999-12-31", "2026-3-1", "2026-11-23T00:00:00Z", ""} {
		f.Add(text)
	}
	zone, err := time.LoadLocation("America/Sao_Paulo") // midnights that a clock change skipped
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d Date
		if err := d.UnmarshalGQL(text); err != nil {
			refused(t, text, err)
			return
		}
		if again := written(t, d); again != text {
			t.Fatalf("%q is %v, which is written %q", text, d, again)
		}
		next := d.Next()
		if !d.Before(next) || next.Before(d) || !d.In(zone).Before(next.In(zone)) {
			t.Fatalf("after %v comes %v", d, next)
		}
	})
}
