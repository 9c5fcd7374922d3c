package ratelimit

import (
	"math"
	"time"
)

// Limit lets Rate units pass in each Period, evenly, and up to Burst of them
// at once. The zero Limit, and one with any field below one, refuses.
type Limit struct {
	Rate   int
	Burst  int
	Period time.Duration
}

// Spend is the generic cell rate algorithm (ITU-T I.371, virtual scheduling):
// it charges cost units to a bucket at the time now and returns the bucket's
// new state. It reads no clock and changes nothing.
//
// The state is the theoretical arrival time: the moment at which the bucket
// will be whole again. The zero time is a bucket never used. A refusal returns
// the state it was given. A cost of zero charges nothing and shows where the
// bucket stands; one below zero, or above Burst, is refused for ever.
func (l Limit) Spend(tat, now time.Time, cost int) (time.Time, Window) {
	unit, burst := l.emission()
	if unit == 0 || cost < 0 {
		return tat, Window{Limit: l, RetryAfter: Never}
	}
	debt := max(0, tat.Sub(now))
	held := Window{Limit: l, Remaining: remaining(unit, burst, debt), Reset: debt}
	if cost > burst {
		held.RetryAfter = Never
		return tat, held
	}
	charged := debt + unit*time.Duration(cost)
	if over := charged - unit*time.Duration(burst); over > 0 && cost > 0 {
		held.RetryAfter = over
		return tat, held
	}
	return now.Add(charged), Window{Limit: l, Remaining: remaining(unit, burst, charged), Reset: charged}
}

// emission returns the time in which one unit comes back, and the burst kept
// small enough that a full bucket fits in a Duration beside a full debt.
// The unit is zero for a limit that refuses.
func (l Limit) emission() (time.Duration, int) {
	if l.Rate < 1 || l.Burst < 1 || l.Period < 1 {
		return 0, 0
	}
	unit := max(1, l.Period/time.Duration(l.Rate))
	return unit, min(l.Burst, int(math.MaxInt64/4/unit))
}

// remaining counts the whole units that a debt leaves of a burst. The debt may
// exceed the burst, where the limit was lowered while the bucket was in use.
func remaining(unit time.Duration, burst int, debt time.Duration) int {
	return max(0, int((unit*time.Duration(burst)-debt)/unit))
}

// share is what one of so many nodes may let through by itself: together they
// stay at the limit, as long as it is at least one unit a node. A limit that
// refuses has no share.
func (l Limit) share(nodes int) Limit {
	if l.Rate < 1 || l.Burst < 1 {
		return Limit{}
	}
	return Limit{Rate: max(1, l.Rate/nodes), Burst: max(1, l.Burst/nodes), Period: l.Period}
}
