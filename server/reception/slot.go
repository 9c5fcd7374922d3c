package reception

import (
	"cmp"
	"slices"
	"time"
)

// grid is the step of the times at which a visit can begin.
const grid = 5 * time.Minute

// rules are when and for how long a clinic can be booked.
type rules struct {
	hours     week
	services  []service
	calendars []string
	length    time.Duration // of a visit whose service has none of its own
	buffer    time.Duration // free after each visit
	lead      time.Duration // at least, from booking to visit
	horizon   time.Duration // at most
}

type service struct {
	name   string
	length time.Duration
}

// visit is a time that is taken, with the buffer after it. Without one of the
// clinic's calendars it takes any one of them.
type visit struct {
	calendar string
	interval
}

// slot is a time at which a visit can begin, and where.
type slot struct {
	start    time.Time
	calendar string
}

// window is when a visit can begin at all, asked at now.
func (r rules) window(now time.Time) interval { return interval{now.Add(r.lead), now.Add(r.horizon)} }

// inHours reports whether a visit lies within one span of the opening hours, in
// start's zone.
func (r rules) inHours(start time.Time, length time.Duration) bool {
	return slices.ContainsFunc(r.hours.on(start), func(open interval) bool {
		return !start.Before(open.start) && !start.Add(length).After(open.end)
	})
}

// calendar is the first calendar that is free for a visit, its buffer included;
// ok is false when none is.
func (r rules) calendar(start time.Time, length time.Duration, taken []visit) (name string, ok bool) {
	hold := interval{start, start.Add(length + r.buffer)}
	free := slices.Clone(r.calendars)
	anywhere := 0
	for _, v := range taken {
		if !v.meets(hold) {
			continue
		}
		if !slices.Contains(r.calendars, v.calendar) {
			anywhere++
			continue
		}
		free = slices.DeleteFunc(free, func(c string) bool { return c == v.calendar })
	}
	if len(free) <= anywhere {
		return "", false
	}
	return free[0], true
}

// free lists, in order, times within w at which visits of this length can begin,
// one after the other; keep says which of them count. At most limit, which is
// positive. Days are those of zone.
func (r rules) free(w interval, zone *time.Location, length time.Duration, taken []visit, limit int, keep func(time.Time) bool) []slot {
	var found []slot
	first := w.start.In(zone)
	for n := 0; ; n++ {
		// Noon is on its own day whatever the clocks do.
		day := time.Date(first.Year(), first.Month(), first.Day()+n, 12, 0, 0, 0, zone)
		if day.Add(-36 * time.Hour).After(w.end) {
			return found
		}
		for _, open := range r.hours.on(day) {
			at := open.start
			if at.Before(w.start) {
				at = roundUp(w.start.In(zone), 3*grid)
			}
			for ; !at.Add(length).After(open.end) && at.Before(w.end); at = r.next(at, length, taken) {
				calendar, ok := r.calendar(at, length, taken)
				if !ok || !keep(at) {
					continue
				}
				if found = append(found, slot{at, calendar}); len(found) == limit {
					return found
				}
			}
		}
	}
}

// next is where to look after at: behind the visit that could begin there or,
// where none can, behind the first of those in its way.
func (r rules) next(at time.Time, length time.Duration, taken []visit) time.Time {
	step := at.Add(length + r.buffer)
	if _, ok := r.calendar(at, length, taken); ok {
		return roundUp(step, grid)
	}
	hold := interval{at, step}
	for _, v := range taken {
		if v.meets(hold) && v.end.Before(step) {
			step = v.end
		}
	}
	if soonest := at.Add(grid); step.Before(soonest) {
		step = soonest
	}
	return roundUp(step, grid)
}

// nearest are the n of free that are closest to asked, in order.
func nearest(asked time.Time, free []slot, n int) []slot {
	slices.SortStableFunc(free, func(a, b slot) int { return cmp.Compare(a.start.Sub(asked).Abs(), b.start.Sub(asked).Abs()) })
	free = free[:min(n, len(free))]
	slices.SortFunc(free, func(a, b slot) int { return a.start.Compare(b.start) })
	return free
}

// roundUp is the first multiple of step on the clock that is not before t. Every
// zone's offset is a multiple of five minutes; a quarter of an hour is one in all
// but history.
func roundUp(t time.Time, step time.Duration) time.Time {
	down := t.Truncate(step)
	if down.Before(t) {
		return down.Add(step)
	}
	return down
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
