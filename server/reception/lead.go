package reception

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// captureLead keeps who is calling and what they want.
func captureLead(ctx context.Context, j *job) (string, error) {
	a := j.args
	l := lead{
		name: a.text("name"), email: a.text("email"), interest: a.text("interest"), preferred: a.text("preferred_time"),
		callback: a.text("callback_number"),
	}
	if l == (lead{}) {
		return "", refuse("missing_argument", "Ask the caller for their name or what they would like, then keep it.")
	}
	if l.email != "" && !strings.Contains(strings.Trim(l.email, "@"), "@") {
		return "", refuse("bad_email", "The e-mail address does not read. Ask the caller to spell it.")
	}
	if _, err := j.contact(ctx, l); err != nil {
		return "", err
	}
	return "Kept. Go on with the call.", nil
}

// lead is what a caller says of themselves. It holds health data.
type lead struct{ name, email, interest, preferred, callback string }

// contact finds or makes the contact whose call it is, and adds to it what was
// said. Whose call it is says the call alone: its row, or the number that the
// network gave. A number or a name that was said finds nobody.
//
// A name and an address that are there stay, for they may be a person's
// correction; what the caller wants is what they said last.
func (j *job) contact(ctx context.Context, l lead) (uuid.UUID, error) {
	if j.call.ID == uuid.Nil {
		return uuid.Nil, refuse("no_call", "This works only during a call.")
	}
	if j.call.Contact == nil {
		if err := j.findContact(ctx); err != nil {
			return uuid.Nil, fmt.Errorf("finding whose call it is: %w", err)
		}
	}
	notes := ""
	if l.callback != "" {
		notes = "Asked to be called back on " + l.callback + "."
	}
	err := j.tx.Exec(ctx, `
		update contacts set
		       name = coalesce(name, nullif($3, '')), email = coalesce(email, nullif($4, '')),
		       interest = coalesce(nullif($5, ''), interest), preferred_time = coalesce(nullif($6, ''), preferred_time),
		       notes = case when $7 = '' or strpos(coalesce(notes, ''), $7) > 0 then notes else concat_ws(E'\n', notes, $7::text) end,
		       search = case when name is null and $3 <> '' then lower(concat_ws(' ', $3::text, phone)) else search end,
		       last_contact_at = greatest(last_contact_at, $8), updated_at = greatest(updated_at, $8)
		 where org_id = $1 and id = $2`,
		[]any{j.call.Org, *j.call.Contact, l.name, l.email, l.interest, l.preferred, notes, j.call.Now}, nil)
	if err != nil {
		return uuid.Nil, fmt.Errorf("keeping a lead: %w", err)
	}
	return *j.call.Contact, nil
}

// findContact sets the call's contact: that of its number or, where the number is
// withheld, one of its own.
func (j *job) findContact(ctx context.Context) error {
	id := j.NewID()
	if j.call.Number == "" {
		// Two messages of one call must not make two.
		var known *uuid.UUID
		_, err := one(ctx, j.tx, `select contact_id from call_logs where org_id = $1 and id = $2 for update`,
			[]any{j.call.Org, j.call.ID}, &known)
		if err != nil {
			return err
		}
		if known != nil {
			j.call.Contact = known
			return nil
		}
	}
	found, err := one(ctx, j.tx, `
		insert into contacts as c (org_id, id, phone, search, last_contact_at, created_at, updated_at)
		values ($1, $2, nullif($3, ''), $3, $4, $4, $4)
		on conflict (org_id, phone) where phone is not null do update set last_contact_at = greatest(c.last_contact_at, excluded.last_contact_at)
		returning c.id`, []any{j.call.Org, id, j.call.Number, j.call.Now}, &id)
	if err != nil {
		return err
	}
	if !found {
		return errors.New("no contact was made")
	}
	j.call.Contact = &id
	return j.tx.Exec(ctx, `update call_logs set contact_id = $3, updated_at = greatest(updated_at, $4)
		where org_id = $1 and id = $2 and contact_id is null`, []any{j.call.Org, j.call.ID, id, j.call.Now}, nil)
}
