package ratelimit

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGCRA(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 29, 1, 59, 0, 0, time.UTC)
	// One unit comes back every 6 seconds; five may go at once.
	limit := Limit{Rate: 10, Burst: 5, Period: time.Minute}

	// Each row is one Spend on the bucket that the row above left.
	var tat time.Time
	for _, row := range []struct {
		name string
		at   time.Duration
		cost int
		want Window
	}{
		{"a new bucket is whole", 0, 0, Window{Remaining: 5}},
		{"one unit", 0, 1, Window{Remaining: 4, Reset: 6 * time.Second}},
		{"three more at once", 0, 3, Window{Remaining: 1, Reset: 24 * time.Second}},
		{"two do not fit, one remains", 0, 2, Window{Remaining: 1, Reset: 24 * time.Second, RetryAfter: 6 * time.Second}},
		{"a refusal costs nothing", 0, 1, Window{Remaining: 0, Reset: 30 * time.Second}},
		{"empty", 0, 1, Window{Remaining: 0, Reset: 30 * time.Second, RetryAfter: 6 * time.Second}},
		{"looking is free even when empty", 0, 0, Window{Remaining: 0, Reset: 30 * time.Second}},
		{"half a unit is not one", 3 * time.Second, 1, Window{Reset: 27 * time.Second, RetryAfter: 3 * time.Second}},
		{"a nanosecond early", 6*time.Second - 1, 1, Window{Reset: 24*time.Second + 1, RetryAfter: 1}},
		{"on time", 6 * time.Second, 1, Window{Reset: 30 * time.Second}},
		{"a clock that steps back makes no gift", 5 * time.Second, 1, Window{Reset: 31 * time.Second, RetryAfter: 7 * time.Second}},
		{"whole again, and no fuller for a long rest", time.Hour, 0, Window{Remaining: 5}},
		{"all at once", time.Hour, 5, Window{Remaining: 0, Reset: 30 * time.Second}},
		{"more than the burst never passes", 2 * time.Hour, 6, Window{Remaining: 5, RetryAfter: Never}},
		{"nor does a refund in disguise", 2 * time.Hour, -1, Window{RetryAfter: Never}},
		{"nor a cost that would overflow", 2 * time.Hour, math.MaxInt, Window{Remaining: 5, RetryAfter: Never}},
	} {
		row.want.Limit = limit
		var got Window
		tat, got = limit.Spend(tat, start.Add(row.at), row.cost)
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", row.name, diff)
		}
	}
}

func TestGCRAStrangeLimits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name    string
		limit   Limit
		cost    int
		allowed bool
	}{
		{"the zero limit refuses", Limit{}, 1, false},
		{"no rate", Limit{Burst: 1, Period: time.Second}, 1, false},
		{"no burst", Limit{Rate: 1, Period: time.Second}, 1, false},
		{"no period", Limit{Rate: 1, Burst: 1}, 1, false},
		{"negative rate", Limit{Rate: -1, Burst: 1, Period: time.Second}, 1, false},
		{"faster than the clock can tell", Limit{Rate: math.MaxInt, Burst: 10, Period: time.Second}, 10, true},
		{"a burst of centuries", Limit{Rate: 1, Burst: math.MaxInt, Period: time.Hour}, 1, true},
		{"nothing for nothing", Limit{}, 0, false},
	} {
		_, got := row.limit.Spend(time.Time{}, now, row.cost)
		if allowed := got.RetryAfter == 0; allowed != row.allowed {
			t.Errorf("%s: allowed %v, want %v", row.name, allowed, row.allowed)
		}
	}
}

// A lowered limit meets a bucket that owes more than the new burst: nothing
// remains, never less than nothing, and paying back brings it into bounds.
func TestGCRALoweredLimit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tat, _ := Limit{Rate: 60, Burst: 60, Period: time.Minute}.Spend(time.Time{}, now, 60)
	low := Limit{Rate: 60, Burst: 10, Period: time.Minute}
	want := Window{Limit: low, Remaining: 0, Reset: time.Minute, RetryAfter: 51 * time.Second}
	_, got := low.Spend(tat, now, 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, got := low.Spend(tat, now.Add(51*time.Second), 1); got.RetryAfter != 0 {
		t.Errorf("refused at the time it was told to come back: %+v", got)
	}
}
