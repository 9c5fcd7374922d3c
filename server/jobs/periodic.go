package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/queue"
)

// tickEvery is how often recurring jobs are looked at.
const tickEvery = 15 * time.Second

// Schedule says when a job recurs: the latest slot that is not after now.
type Schedule func(now time.Time) time.Time

// Daily is once a day at that time, UTC.
func Daily(hour, minute int) Schedule {
	return func(now time.Time) time.Time {
		now = now.UTC()
		slot := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, time.UTC)
		if slot.After(now) {
			slot = slot.AddDate(0, 0, -1)
		}
		return slot
	}
}

// Every is once in each d, counted from the zero time.
func Every(d time.Duration) Schedule {
	return func(now time.Time) time.Time { return now.UTC().Truncate(d) }
}

// Periodic is a job of the platform that recurs. Make it with Recur.
type Periodic struct {
	name     string
	schedule Schedule
	order    func(slot time.Time, id uuid.UUID) (string, error)
}

// Recur has a job of kind k inserted at each slot of the schedule, once for all
// processes. args are told the slot. A slot that came while no process ran is
// made up for by the next, once; the first slot after a kind is new is its first.
func Recur[A any](k queue.Kind[A], s Schedule, args func(slot time.Time) A) Periodic {
	return Periodic{name: k.Name, schedule: s, order: func(slot time.Time, id uuid.UUID) (string, error) {
		return k.Text(queue.Order[A]{ID: id, Args: args(slot), At: slot, Unique: slot.Format(time.RFC3339)})
	}}
}

// recur inserts recurring jobs until ctx ends.
func (r *Runner) recur(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.tick(ctx); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "recurring jobs were not looked at", "class", classOf(err))
		}
		wait(ctx, tickEvery)
	}
}

// tick inserts the recurring jobs that are due. The database keeps each one's
// last slot, so that of all who ask one inserts it.
func (r *Runner) tick(ctx context.Context) error {
	for _, p := range r.Periodic {
		slot := p.schedule(r.Now())
		if r.slots[p.name].Equal(slot) {
			continue
		}
		text, err := p.order(slot, r.NewID())
		if err != nil {
			return err
		}
		_, err = r.Driver.Pool.Exec(ctx, `select app.enqueue_slot($1, $2, $3, $4)`, p.name, text,
			r.Driver.Key.Prove(queue.Message(text)), r.Driver.Key.Prove("job.slot "+p.name+" "+text))
		if err != nil {
			return fmt.Errorf("inserting the recurring job %s: %w", p.name, err)
		}
		r.slots[p.name] = slot
	}
	return nil
}
