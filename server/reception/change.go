package reception

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
)

// moveAppointment gives a visit of the call's own contact another time.
func moveAppointment(ctx context.Context, j *job) (string, error) {
	c, err := j.clinic(ctx, j.tx, j.call.Org)
	if err != nil {
		return "", err
	}
	own, err := j.appointment(ctx, c.zone)
	if err != nil {
		return "", err
	}
	at, err := j.place(ctx, c, j.args.moment("starts_at"), own.length, own.id)
	if err != nil {
		return "", err
	}
	err = j.tx.Exec(ctx, `update appointments set starts_at = $3, calendar = $4, buffer_minutes = $5, updated_at = $6
		where org_id = $1 and id = $2`, []any{j.call.Org, own.id, at.start, at.calendar, minutes(c.rules.buffer), j.call.Now}, nil)
	if err != nil {
		return "", taken(err)
	}
	return "Moved to " + sayTime(at.start, c.zone) + ".", nil
}

// cancelAppointment cancels a visit of the call's own contact.
func cancelAppointment(ctx context.Context, j *job) (string, error) {
	c, err := j.clinic(ctx, j.tx, j.call.Org)
	if err != nil {
		return "", err
	}
	own, err := j.appointment(ctx, c.zone)
	if err != nil {
		return "", err
	}
	err = j.tx.Exec(ctx, `update appointments set status = 'cancelled', cancelled_at = $3, updated_at = $3
		where org_id = $1 and id = $2`, []any{j.call.Org, own.id, j.call.Now}, nil)
	if err != nil {
		return "", fmt.Errorf("cancelling a visit: %w", err)
	}
	return "Cancelled: " + sayTime(own.at, c.zone) + ".", nil
}

// ownVisit is a visit to come of the call's contact.
type ownVisit struct {
	id     uuid.UUID
	at     time.Time
	length time.Duration
}

// appointment is the visit that the caller means: the one with the id that was
// said, if it is theirs, or the only one that they have.
func (j *job) appointment(ctx context.Context, zone *time.Location) (ownVisit, error) {
	if j.call.ID == uuid.Nil {
		return ownVisit{}, refuse("no_call", "This works only during a call.")
	}
	own, err := j.ownVisits(ctx)
	if err != nil {
		return ownVisit{}, err
	}
	if named := j.args.text("appointment_id"); named != "" {
		prefix, id, err := nodeid.Decode(named)
		if err != nil || prefix != "appointment" {
			return ownVisit{}, notFound()
		}
		for _, v := range own {
			if v.id == id {
				return v, nil
			}
		}
		return ownVisit{}, j.missed(ctx, id)
	}
	switch len(own) {
	case 0:
		return ownVisit{}, notFound()
	case 1:
		return own[0], nil
	}
	list := make([]string, len(own))
	for i, v := range own {
		list[i] = sayTime(v.at, zone) + " is " + nodeid.Encode("appointment", v.id)
	}
	return ownVisit{}, refuse("which_appointment", "The caller has more than one. Ask which they mean: "+strings.Join(list, "; ")+".")
}

// ownVisits are the visits to come of the call's contact, soonest first, locked.
func (j *job) ownVisits(ctx context.Context) ([]ownVisit, error) {
	var list []ownVisit
	var v ownVisit
	var length int
	err := each(ctx, j.tx, `
		select a.id, a.starts_at, a.duration_minutes from appointments a
		 where a.org_id = $1 and a.starts_at > $4 and a.`+standing+`
		   and a.contact_id = coalesce($2::uuid, (select c.id from contacts c where c.org_id = $1 and c.phone = nullif($3, '')))
		 order by a.starts_at limit 20 for update`,
		[]any{j.call.Org, j.call.Contact, j.call.Number, j.call.Now}, []any{&v.id, &v.at, &length}, func() error {
			v.length = time.Duration(length) * time.Minute
			list = append(list, v)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading a contact's visits: %w", err)
	}
	return list, nil
}

// missed answers for an id that is no visit of this caller's. Whose it is, or
// whether it is anybody's, shows in the records and not in the answer.
func (j *job) missed(ctx context.Context, id uuid.UUID) error {
	ours, err := one(ctx, j.tx, `select contact_id is not distinct from $3 from appointments where org_id = $1 and id = $2`,
		[]any{j.call.Org, id, j.call.Contact}, new(bool))
	switch {
	case err != nil:
		return fmt.Errorf("looking for a visit: %w", err)
	case ours:
		j.outcome.Others = append(j.outcome.Others, id)
	default:
		j.outcome.Missed = append(j.outcome.Missed, id)
	}
	return notFound()
}

func notFound() error {
	return refuse("not_found", "The caller has no such appointment to come. Please offer that a member of staff calls back.")
}
