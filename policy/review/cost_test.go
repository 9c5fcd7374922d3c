package review_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review"
)

// stopwatch takes durations for what is timed, one after the other.
func stopwatch(durations ...time.Duration) func() time.Time {
	now, calls := noon, 0
	return func() time.Time {
		if calls%2 == 1 {
			now = now.Add(durations[calls/2%len(durations)])
		}
		calls++
		return now
	}
}

// Two inputs, two rounds, and who begins takes turns: running, candidate, then
// candidate, running for the next input, and the other way in the next round. The
// fastest of each counts.
func TestTheFastestOfEachCounts(t *testing.T) {
	t.Parallel()
	running := shipped(t)
	candidate := shipped(t, edit{"cascade/member.rego", `"role_lacks_right"`, `"role_has_no_right"`})
	recorded := &log{t: t, by: running}
	recorded.ask(member(1, policy.Staff, policy.Call, sunrise))
	recorded.ask(member(1, policy.Staff, policy.Contact, sunrise))
	const us = time.Microsecond
	for name, test := range map[string]struct {
		took  []time.Duration
		p50   [2]time.Duration
		p99   [2]time.Duration
		ratio float64
		over  bool
	}{
		"three times is over": {
			[]time.Duration{10 * us, 90 * us, 60 * us, 20 * us, 20 * us, 90 * us, 30 * us, 60 * us},
			[2]time.Duration{10 * us, 20 * us},
			[2]time.Duration{20 * us, 60 * us},
			3, true,
		},
		"noise hits one round": {
			[]time.Duration{10 * us, 12 * us, 40 * us, 20 * us, 900 * us, 900 * us, 900 * us, 900 * us},
			[2]time.Duration{10 * us, 12 * us},
			[2]time.Duration{20 * us, 40 * us},
			2, false,
		},
	} {
		report, err := review.Cost(t.Context(), review.CostConfig{
			Running: running, Candidate: candidate, Records: recorded.all(), Clock: stopwatch(test.took...), Rounds: 2,
		})
		if err != nil {
			t.Fatal(err)
		}
		if report.Measured != 2 || report.Before.P50 != test.p50[0] || report.After.P50 != test.p50[1] ||
			report.Before.P99 != test.p99[0] || report.After.P99 != test.p99[1] || report.Ratio != test.ratio || report.OverBudget != test.over {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

// What a candidate allocates is seen, whatever the clock says; and the verdict is
// printed.
func TestAllocationsAreMeasured(t *testing.T) {
	running := shipped(t)
	heavy := shipped(t, edit{"cascade/member.rego", "orgs := [org |\n\tin_scope\n", "orgs := [org |\n\tcount([1 | some a in [1,2,3,4,5,6,7,8,9]; some b in [1,2,3,4,5,6,7,8,9]; a != b]) > 0\n\tin_scope\n"})
	recorded := &log{t: t, by: running}
	for n := range 300 {
		recorded.ask(member(n, policy.Staff, policy.Call, sunrise))
	}
	report, err := review.Cost(t.Context(), review.CostConfig{
		Running: running, Candidate: heavy, Records: recorded.all(), Clock: stopwatch(time.Microsecond), Sample: 50, Rounds: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Measured != 50 || report.Records != 300 || report.Before.Allocs < 10 || report.After.Allocs < report.Before.Allocs+50 || report.After.Bytes < report.Before.Bytes+1000 {
		t.Errorf("%+v", report)
	}
	var text strings.Builder
	if err := report.WriteText(&text); err != nil || !strings.Contains(text.String(), "within the budget") {
		t.Errorf("%v: %s", err, text.String())
	}
	if _, err := review.Cost(t.Context(), review.CostConfig{Running: running, Candidate: heavy, Records: each(nil), Clock: stopwatch(1)}); !errors.Is(err, review.ErrNothingToMeasure) {
		t.Errorf("%v", err)
	}
}
