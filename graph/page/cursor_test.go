package page

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph/fault"
)

// FuzzCursor: a cursor is read only as it was written, in the order that it
// was written for; every other text is refused as the asker's fault.
func FuzzCursor(f *testing.F) {
	id := uuid.MustParse("0199e7c4-7e38-7f4b-9d36-0a6f3f1c2b5d")
	for _, c := range []cursor{
		{Order: "started_at-", ID: id, Time: time.Date(2026, 11, 23, 9, 30, 0, 123456000, time.UTC)},
		{Order: "started_at-", ID: id, Time: time.Date(2026, 7, 1, 0, 0, 0, 0, time.FixedZone("", 3600))},
		{Order: "duration+", ID: id, Num: -1},
		{Order: "name+", ID: id, Text: "O'Brien <&> \u2028"},
		{Order: "id+", ID: id},
	} {
		f.Add(c.String(), c.Order)
	}
	for _, text := range []string{
		"", "e30", "bnVsbA", "W10", strings.Repeat("A", maxCursor+1),
		"eyJvIjoiaWQrIiwiaSI6IjAxOTllN2M0LTdlMzgtN2Y0Yi05ZDM2LTBhNmYzZjFjMmI1ZCJ9IA", // {"o":"id+",...} and a space
	} {
		f.Add(text, "id+")
	}
	f.Fuzz(func(t *testing.T, text, order string) {
		c, err := parseCursor(text, order)
		if err != nil {
			var shown *fault.Error
			if !errors.As(err, &shown) || shown.Code != fault.BadUserInput || c != (cursor{}) {
				t.Fatalf("%q is refused with %v, and reads as %+v", text, err, c)
			}
			if len(text) > 8 && strings.Contains(shown.Message, text) {
				t.Fatalf("the refusal repeats %q", text)
			}
			return
		}
		if c.Order != order || c.ID == uuid.Nil {
			t.Fatalf("%q reads as %+v under the order %q", text, c, order)
		}
		if again := c.String(); again != text {
			t.Fatalf("%q reads as %+v, which is written %q", text, c, again)
		}
	})
}

// FuzzPlace: what a list writes it reads again, whatever a row's key holds.
func FuzzPlace(f *testing.F) {
	f.Add("name+", "Ann", int64(0), int64(0), []byte("0123456789abcdef"))
	f.Add("duration-", "", int64(math.MaxInt64), int64(0), []byte("0123456789abcdef"))
	f.Add("started_at-", "", int64(0), int64(1_795_426_200_123_456), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, order, text string, num, micros int64, raw []byte) {
		id, err := uuid.FromBytes(raw)
		written := cursor{Order: order, Text: text, Num: num, ID: id, Time: time.UnixMicro(micros).UTC()}
		if y := written.Time.Year(); err != nil || id == uuid.Nil || y < 1 || y > 9999 {
			return // no row has it
		}
		opaque := written.String()
		if len(opaque) > maxCursor || strings.ToValidUTF8(order, "") != order || strings.ToValidUTF8(text, "") != text {
			return // Postgres holds UTF-8 alone
		}
		read, err := parseCursor(opaque, order)
		if err != nil {
			t.Fatalf("%+v is written %q: %v", written, opaque, err)
		}
		if diff := cmp.Diff(written, read); diff != "" {
			t.Fatalf("%q came back otherwise (-written +read):\n%s", opaque, diff)
		}
	})
}
