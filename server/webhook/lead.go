package webhook

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// lead is who called and what they want, as far as a report says. It holds
// health data.
type lead struct {
	phone, name, email, interest, preferredTime string
	booked                                      bool
	calledAt                                    time.Time
	wanted                                      bool // said something of themselves, or called us
}

// leadOf reads the lead of a report. The number is the network's, which knows
// it, and the one that was said only where the network tells none: what is said
// can name anybody's.
func leadOf(r vapi.CallReport, calledAt time.Time) lead {
	in := r.Insights
	l := lead{
		phone: r.CustomerNumber, name: r.CustomerName, email: in.CallerEmail, interest: in.Interest,
		preferredTime: in.PreferredTime, booked: in.AppointmentBooked != nil && *in.AppointmentBooked, calledAt: calledAt,
	}
	if l.phone == "" {
		l.phone = in.CallerPhone
	}
	if in.CallerName != "" {
		l.name = in.CallerName
	}
	l.wanted = r.Direction == vapi.Inbound || l.name != "" || l.email != "" || l.interest != "" || l.preferredTime != "" || l.booked
	return l
}

// known reports whether there is somebody to call back.
func (l lead) known() bool { return l.phone != "" && l.wanted }

// search is how people search for a contact: name and number in lower case,
// with single spaces.
func (l lead) search() string {
	return strings.ToLower(strings.Join(strings.Fields(l.name+" "+l.phone), " "))
}

// upsertContact makes the contact with this number, or fills what is not known
// of it: what is there may be a person's correction, and stays. A lead that
// booked is at least booked.
func (b *inbox) upsertContact(ctx context.Context, tx *rls.Tx, t task, l lead) (*uuid.UUID, error) {
	status := "new"
	if l.booked {
		status = "booked"
	}
	var id uuid.UUID
	_, err := rls.One(ctx, tx, `
		insert into contacts as c (org_id, id, name, phone, email, interest, preferred_time, status, search, last_contact_at,
		                           created_at, updated_at)
		values ($1, $2, nullif($3, ''), $4, nullif($5, ''), nullif($6, ''), nullif($7, ''), $8, $9, $10, $11, $11)
		on conflict (org_id, phone) where phone is not null do update set
			name = coalesce(c.name, excluded.name),
			email = coalesce(c.email, excluded.email),
			interest = coalesce(c.interest, excluded.interest),
			preferred_time = coalesce(c.preferred_time, excluded.preferred_time),
			status = case when excluded.status = 'booked' and c.status in ('new', 'contacted', 'qualified')
				then 'booked' else c.status end,
			search = case when c.name is null and excluded.name is not null then excluded.search else c.search end,
			last_contact_at = greatest(c.last_contact_at, excluded.last_contact_at),
			updated_at = greatest(c.updated_at, excluded.updated_at)
		returning c.id`,
		[]any{t.org, b.NewID(), l.name, l.phone, l.email, l.interest, l.preferredTime, status, l.search(), l.calledAt, t.at}, &id)
	if err != nil {
		return nil, err
	}
	return &id, nil
}
