package reception

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/nodeid"
)

// maxOpen is how many visits to come one caller can have: a stranger must not
// book a clinic out.
const maxOpen = 5

// offered is how many free times come with a refusal.
const offered = 3

// bookAppointment books a visit for the call's own contact.
func bookAppointment(ctx context.Context, j *job) (string, error) {
	contact, err := j.contact(ctx, lead{name: j.args.text("name")})
	if err != nil {
		return "", err
	}
	c, err := j.clinic(ctx, j.tx, j.call.Org)
	if err != nil {
		return "", err
	}
	name, length, err := c.rules.lengthOf(j.args.text("service"))
	if err != nil {
		return "", err
	}
	var open int
	if _, err := one(ctx, j.tx, `select count(*) from appointments where org_id = $1 and contact_id = $2 and starts_at > $3 and `+standing,
		[]any{j.call.Org, contact, j.call.Now}, &open); err != nil {
		return "", fmt.Errorf("counting a contact's visits: %w", err)
	}
	if open >= maxOpen {
		return "", refuse("too_many", "The caller has several appointments already. Please offer that a member of staff calls back.")
	}
	at, err := j.place(ctx, c, j.args.moment("starts_at"), length, uuid.Nil)
	if err != nil {
		return "", err
	}
	id := j.NewID()
	err = j.tx.Exec(ctx, `
		insert into appointments (org_id, id, contact_id, call_id, tool_call_id, service, starts_at, duration_minutes, status,
		                          notes, calendar, buffer_minutes, created_at, updated_at)
		values ($1, $2, $3, $4, $5, nullif($6, ''), $7, $8, 'confirmed', nullif($9, ''), $10, $11, $12, $12)`,
		[]any{
			j.call.Org, id, contact, j.call.ID, j.id, name, at.start, minutes(length), j.args.text("notes"), at.calendar,
			minutes(c.rules.buffer), j.call.Now,
		}, nil)
	if err != nil {
		return "", taken(err)
	}
	if err := j.noteBooked(ctx, contact); err != nil {
		return "", err
	}
	return "Booked for " + sayTime(at.start, c.zone) + ", " + fmt.Sprint(minutes(length)) + " minutes. The id is " +
		nodeid.Encode("appointment", id) + ".", nil
}

// noteBooked says on the contact and the call that there is a visit.
func (j *job) noteBooked(ctx context.Context, contact uuid.UUID) error {
	err := j.tx.Exec(ctx, `update contacts set status = 'booked', updated_at = greatest(updated_at, $3)
		where org_id = $1 and id = $2 and status in ('new', 'contacted', 'qualified')`, []any{j.call.Org, contact, j.call.Now}, nil)
	if err != nil {
		return fmt.Errorf("noting a booking on its contact: %w", err)
	}
	err = j.tx.Exec(ctx, `update call_logs set appointment_booked = true, updated_at = greatest(updated_at, $3)
		where org_id = $1 and id = $2 and not appointment_booked`, []any{j.call.Org, j.call.ID, j.call.Now}, nil)
	if err != nil {
		return fmt.Errorf("noting a booking on its call: %w", err)
	}
	return nil
}

// place is where a visit of this length at asked can be held, or a refusal that
// offers what is near. except is a visit that makes room by moving.
func (j *job) place(ctx context.Context, c clinic, asked time.Time, length time.Duration, except uuid.UUID) (slot, error) {
	asked = asked.In(c.zone)
	window := c.rules.window(j.call.Now)
	no := func(code, say string) (slot, error) {
		near, err := j.near(ctx, c, asked, length, except)
		if err != nil {
			return slot{}, err
		}
		return slot{}, refuse(code, offering(say, near, c.zone))
	}
	switch {
	case !asked.After(j.call.Now):
		return no("in_the_past", "That time is in the past.")
	case asked.Before(window.start):
		return no("too_soon", "That is too soon for the clinic.")
	case !asked.Before(window.end):
		return no("too_far_ahead", "The clinic does not book that far ahead.")
	case !asked.Equal(asked.Truncate(grid)):
		return no("odd_time", "Appointments begin at full five minutes.")
	case !c.rules.inHours(asked, length):
		return no("outside_hours", "The clinic is not open for all of that time.")
	}
	visits, err := j.visits(ctx, interval{asked, asked.Add(length + c.rules.buffer)}, c.rules.buffer, except)
	if err != nil {
		return slot{}, err
	}
	calendar, ok := c.rules.calendar(asked, length, visits)
	if !ok {
		return no("slot_taken", "That time is no longer free.")
	}
	return slot{asked, calendar}, nil
}

// taken tells the database's own refusal of two visits at once (23P01, an
// exclusion constraint): somebody who takes no turns was there in between.
func taken(err error) error {
	if state, ok := errors.AsType[*pgconn.PgError](err); ok && state.Code == "23P01" {
		return refuse("slot_taken", "That time was taken a moment ago. Look for free times again.")
	}
	return fmt.Errorf("keeping a visit: %w", err)
}

func minutes(d time.Duration) int { return int(d / time.Minute) }
