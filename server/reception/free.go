package reception

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// found is how many free times an answer holds.
const found = 6

// findFreeSlots lists free times from a day on.
func findFreeSlots(ctx context.Context, j *job) (string, error) {
	c, err := j.clinic(ctx, j.tx, j.call.Org)
	if err != nil {
		return "", err
	}
	_, length, err := c.rules.lengthOf(j.args.text("service"))
	if err != nil {
		return "", err
	}
	window := c.rules.window(j.call.Now)
	if day := j.args.text("date"); day != "" {
		from, err := time.ParseInLocation(time.DateOnly, day, c.zone)
		if err != nil {
			return "", refuse("malformed_date", "The day must be like 2026-12-01.")
		}
		if from.AddDate(0, 0, 1).Before(j.call.Now) {
			return "", refuse("in_the_past", "That day is in the past. Today is "+j.call.Now.In(c.zone).Format("Monday, January 2, 2006")+".")
		}
		if !from.Before(window.end) {
			return "", refuse("too_far_ahead", "The clinic does not book that far ahead. The last day is "+window.end.In(c.zone).Format("Monday, January 2")+".")
		}
		window.start = latest(window.start, from)
	}
	free, err := j.free(ctx, c, window, length, uuid.Nil, found, partOf(j.args.text("part_of_day")))
	if err != nil {
		return "", err
	}
	if len(free) == 0 {
		return "", refuse("nothing_free", "There is no free time from then on. Please offer that a member of staff calls back.")
	}
	return "Free: " + sayTimes(free, c.zone) + ".", nil
}

// partOf tells the times of a part of the day, all of them when none is named.
func partOf(name string) func(time.Time) bool {
	return func(at time.Time) bool {
		switch hour := at.Hour(); name {
		case "morning":
			return hour < 12
		case "afternoon":
			return hour >= 12 && hour < 17
		case "evening":
			return hour >= 17
		default:
			return true
		}
	}
}
