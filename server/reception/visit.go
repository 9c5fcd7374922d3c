package reception

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// standing are visits that take their time.
const standing = `status in ('pending', 'confirmed', 'in_progress')`

// longest is as long as a visit and its buffer can be.
const longest = 12 * time.Hour

// visits reads what is taken within w, with the clinic's buffer or their own
// after each.
func (j *job) visits(ctx context.Context, w interval, buffer time.Duration, except uuid.UUID) ([]visit, error) {
	var list []visit
	var calendar *string
	var at time.Time
	var length, after int
	err := each(ctx, j.tx, `
		select calendar, starts_at, duration_minutes, buffer_minutes from appointments
		 where org_id = $1 and starts_at > $2 and starts_at < $3 and id <> $4 and `+standing+` order by starts_at`,
		[]any{j.call.Org, w.start.Add(-longest), w.end, except}, []any{&calendar, &at, &length, &after}, func() error {
			v := visit{interval: interval{at, at.Add(time.Duration(length)*time.Minute + max(buffer, time.Duration(after)*time.Minute))}}
			if calendar != nil {
				v.calendar = *calendar
			}
			list = append(list, v)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading the clinic's visits: %w", err)
	}
	return list, nil
}

// free lists the first free times within w, reading a week of visits at a time:
// most clinics have a free time in the first.
func (j *job) free(
	ctx context.Context, c clinic, w interval, length time.Duration, except uuid.UUID, limit int, keep func(time.Time) bool,
) ([]slot, error) {
	var list []slot
	for start := w.start.In(c.zone); start.Before(w.end) && len(list) < limit; {
		year, month, day := start.Date()
		part := interval{start, earliest(w.end, wall(time.Date(year, month, day+7, 12, 0, 0, 0, c.zone), 0))}
		visits, err := j.visits(ctx, interval{part.start, part.end.Add(longest)}, c.rules.buffer, except)
		if err != nil {
			return nil, err
		}
		list = append(list, c.rules.free(part, c.zone, length, visits, limit-len(list), keep)...)
		start = part.end
	}
	return list, nil
}

// near are the free times closest to asked: up to two days before it, and
// whenever there is one after it.
func (j *job) near(ctx context.Context, c clinic, asked time.Time, length time.Duration, except uuid.UUID) ([]slot, error) {
	const back = 2 * 24 * time.Hour
	every := func(time.Time) bool { return true }
	window := c.rules.window(j.call.Now)
	middle := earliest(latest(asked, window.start), window.end)
	list, err := j.free(ctx, c, interval{latest(window.start, middle.Add(-back)), middle}, length, except, maxNear, every)
	if err != nil {
		return nil, err
	}
	after, err := j.free(ctx, c, interval{middle, window.end}, length, except, offered, every)
	if err != nil {
		return nil, err
	}
	return nearest(asked, append(list, after...), offered), nil
}

// maxNear is more than the free times of two days can be.
const maxNear = 600
