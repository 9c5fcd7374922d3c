package reception

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// The clock on the wall, on the days when it is put forward and back. The
// expected moments are from the tables of the two countries.
func TestWallClocks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, zone, day, clock, want string }{
		{"winter", "America/New_York", "2026-12-01", "09:00", "2026-12-01T14:00:00Z"},
		{"summer", "America/New_York", "2026-07-01", "09:00", "2026-07-01T13:00:00Z"},
		{"before the spring gap", "America/New_York", "2026-03-08", "01:59", "2026-03-08T06:59:00Z"},
		{"its beginning", "America/New_York", "2026-03-08", "02:00", "2026-03-08T07:00:00Z"},
		{"in it", "America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z"},
		{"its end", "America/New_York", "2026-03-08", "03:00", "2026-03-08T07:00:00Z"},
		{"behind it", "America/New_York", "2026-03-08", "03:01", "2026-03-08T07:01:00Z"},
		{"before the repeat", "America/New_York", "2026-11-01", "00:59", "2026-11-01T04:59:00Z"},
		{"the first of two", "America/New_York", "2026-11-01", "01:00", "2026-11-01T05:00:00Z"},
		{"the first of two, late", "America/New_York", "2026-11-01", "01:59", "2026-11-01T05:59:00Z"},
		{"behind both", "America/New_York", "2026-11-01", "02:00", "2026-11-01T07:00:00Z"},
		{"London's gap", "Europe/London", "2026-03-29", "01:30", "2026-03-29T01:00:00Z"},
		{"behind it", "Europe/London", "2026-03-29", "02:00", "2026-03-29T01:00:00Z"},
		{"London's repeat", "Europe/London", "2026-10-25", "01:30", "2026-10-25T00:30:00Z"},
		{"behind it", "Europe/London", "2026-10-25", "02:00", "2026-10-25T02:00:00Z"},
		{"midnight at the end", "Europe/London", "2026-10-25", "24:00", "2026-10-26T00:00:00Z"},
		{"midnight that is skipped", "America/Santiago", "2026-09-06", "00:00", "2026-09-06T04:00:00Z"},
		{"half an hour of summer", "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"},
		{"no summer", "UTC", "2026-07-01", "12:00", "2026-07-01T12:00:00Z"},
	} {
		day, err := time.ParseInLocation(time.DateOnly+" 15:04", tc.day+" 12:00", zone(t, tc.zone))
		if err != nil {
			t.Fatal(err)
		}
		minutes, ok := readClock(tc.clock)
		if !ok {
			t.Fatal(tc.clock)
		}
		if got := wall(day, minutes); !got.Equal(moment(t, tc.want)) {
			t.Errorf("%s: %s %s is %s, want %s", tc.name, tc.day, tc.clock, got.UTC().Format(time.RFC3339), tc.want)
		}
	}
}

func daily(spans ...span) (w week) {
	for day := range w {
		w[day] = spans
	}
	return w
}

// Free times over the days when clocks change: no time that is not there, none
// twice, none outside the hours.
func TestFreeTimesWhenClocksChange(t *testing.T) {
	t.Parallel()
	r := rules{hours: daily(span{0, 4 * 60}), calendars: []string{"main"}, horizon: 60 * 24 * time.Hour}
	for _, tc := range []struct {
		name, zone, from, until string
		want                    []string
	}{
		{
			"New York in spring: three hours long", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T20:00:00Z",
			[]string{"2026-03-08T00:00:00-05:00", "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		},
		{
			"New York in autumn: five hours long", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T20:00:00Z",
			[]string{"2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00", "2026-11-01T03:00:00-05:00"},
		},
		{
			"London in spring", "Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T20:00:00Z",
			[]string{"2026-03-29T00:00:00Z", "2026-03-29T02:00:00+01:00", "2026-03-29T03:00:00+01:00"},
		},
		{
			"London in autumn", "Europe/London", "2026-10-24T23:00:00Z", "2026-10-25T20:00:00Z",
			[]string{"2026-10-25T00:00:00+01:00", "2026-10-25T01:00:00+01:00", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"},
		},
	} {
		var got []string
		all := func(time.Time) bool { return true }
		for _, s := range r.free(interval{moment(t, tc.from), moment(t, tc.until)}, zone(t, tc.zone), time.Hour, nil, 20, all) {
			got = append(got, s.start.Format(time.RFC3339))
			if !r.inHours(s.start, time.Hour) {
				t.Errorf("%s: %s is offered and not in hours", tc.name, s.start)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// A day with a break, a buffer, two calendars and visits on them.
func TestFreeTimesBetweenVisits(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/London")
	at := func(clock string) time.Time { return moment(t, "2026-12-01T"+clock+":00Z") }
	taken := func(calendar, from, until string) visit { return visit{calendar, interval{at(from), at(until)}} }
	both := rules{
		hours: daily(span{9 * 60, 12 * 60}, span{13 * 60, 15 * 60}), calendars: []string{"a", "b"}, buffer: 15 * time.Minute, horizon: 24 * time.Hour,
	}
	single := both
	single.calendars = []string{"a"}
	for _, tc := range []struct {
		name   string
		rules  rules
		from   string
		visits []visit
		want   []string
	}{
		{"an empty day", single, "00:00", nil, []string{"09:00", "10:00", "11:00", "13:00", "14:00"}},
		{"from the middle of it", single, "10:07", nil, []string{"10:15", "11:15", "13:00", "14:00"}},
		{"a visit", single, "00:00", []visit{taken("a", "09:30", "10:30")}, []string{"10:30", "13:00", "14:00"}},
		{"a short one leaves an odd time", single, "00:00", []visit{taken("a", "09:00", "09:22")}, []string{"09:25", "10:25", "13:00", "14:00"}},
		{"no room for the buffer before it", single, "00:00", []visit{taken("a", "09:50", "10:35")}, []string{"10:35", "13:00", "14:00"}},
		{"on another calendar", both, "00:00", []visit{taken("a", "09:30", "10:30")}, []string{"09:00", "10:00", "11:00", "13:00", "14:00"}},
		{"on both", both, "00:00", []visit{taken("a", "09:30", "10:30"), taken("b", "09:00", "11:15")}, []string{"10:30", "13:00", "14:00"}},
		{"on none: it takes any", both, "00:00", []visit{taken("a", "09:30", "10:30"), taken("", "09:00", "10:00")}, []string{"10:00", "11:00", "13:00", "14:00"}},
		{"on a calendar that is gone", single, "00:00", []visit{taken("gone", "09:00", "12:00")}, []string{"13:00", "14:00"}},
		{"nothing", single, "14:30", nil, nil},
	} {
		var got []string
		all := func(time.Time) bool { return true }
		for _, s := range tc.rules.free(interval{at(tc.from), at("23:00")}, z, 45*time.Minute, tc.visits, 20, all) {
			got = append(got, s.start.Format("15:04"))
			if where, ok := tc.rules.calendar(s.start, 45*time.Minute, tc.visits); !ok || where != s.calendar {
				t.Errorf("%s: %s is offered and not free", tc.name, s.start)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// Hours are read as settings hold them, and in doubt a clinic is closed.
func TestReadWeek(t *testing.T) {
	t.Parallel()
	open := func(from, until any) any { return map[string]any{"open": from, "close": until} }
	got, ok := readWeek(map[string]any{
		"mon": []any{open("13:00", "17:00"), open("09:00", "12:00")}, "tue": []any{open("9", "17:00"), open(9, 17), "x", open("17:00", "09:00")},
		"sun": []any{open("00:00", "24:00")}, "note": "closed on holidays", "wed": "all day",
	})
	want := week{time.Monday: {{540, 720}, {780, 1020}}, time.Sunday: {{0, 1440}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(span{})); diff != "" || !ok {
		t.Errorf("%v (-want +got):\n%s", ok, diff)
	}
	if _, ok := readWeek(map[string]any{"note": "x"}); ok {
		t.Error("a note is taken for hours")
	}
}
