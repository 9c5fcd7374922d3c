package graph

import (
	"context"
	"fmt"
	"strings"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/contact"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// contactOrder is the order of a list of contacts; newest first unless asked
// otherwise. One that was never in contact stands where it was made.
func contactOrder(by *model.ContactOrder) page.Order[ent.Contact] {
	o := page.Order[ent.Contact]{
		Name: "created_at", Desc: true, Expr: page.Column(contact.FieldCreatedAt),
		Key: func(c *ent.Contact) any { return c.CreatedAt }, ID: func(c *ent.Contact) uuid.UUID { return c.ID },
	}
	if by == nil {
		return o
	}
	o.Desc = by.Direction == model.OrderDirectionDesc
	if by.Field == model.ContactOrderFieldLastContactAt {
		o.Name = "last_contact_at"
		// The expression of the index.
		o.Expr = func(s *entsql.Selector) string {
			return "coalesce(" + s.C(contact.FieldLastContactAt) + ", " + s.C(contact.FieldCreatedAt) + ")"
		}
		o.Key = func(c *ent.Contact) any {
			if c.LastContactAt == nil {
				return c.CreatedAt
			}
			return *c.LastContactAt
		}
	}
	return o
}

// filterContacts narrows q. Searching in a field that a decision hides would
// tell what it holds, so it is refused.
func filterContacts(ctx context.Context, q *ent.ContactQuery, w *model.ContactWhere) (*ent.ContactQuery, error) {
	if w == nil {
		return q, nil
	}
	if len(w.Status) > 0 {
		q = q.Where(contact.StatusIn(w.Status...))
	}
	if w.MinScore != nil {
		q = q.Where(contact.ScoreGTE(*w.MinScore))
	}
	if w.Search != nil && strings.TrimSpace(*w.Search) != "" {
		if err := mayFilter(ctx, policy.Contact, contact.FieldName, contact.FieldPhone); err != nil {
			return nil, err
		}
		q = q.Where(contact.SearchContains(searchText(*w.Search)))
	}
	return q, nil
}

// checkContact refuses what could not be meant. Making and changing a contact
// take the same texts.
func checkContact(in model.UpdateContactInput) error {
	if err := checkTexts(
		text{"name", in.Name, 200}, text{"interest", in.Interest, 500},
		text{"preferredTime", in.PreferredTime, 200}, text{"notes", in.Notes, 10_000},
	); err != nil {
		return err
	}
	if err := checkPhone("phone", in.Phone); err != nil {
		return err
	}
	if err := checkEmail("email", in.Email); err != nil {
		return err
	}
	return checkRange("score", in.Score, 0, 100)
}

// checkNewContact also wants something to know them by.
func checkNewContact(in model.CreateContactInput) error {
	if given(in.Name) == nil && given(in.Phone) == nil && given(in.Email) == nil {
		return fault.New(fault.BadUserInput, "Give a name, a phone or an email at least.")
	}
	return checkContact(model.UpdateContactInput{
		Name: in.Name, Phone: in.Phone, Email: in.Email,
		Interest: in.Interest, PreferredTime: in.PreferredTime, Notes: in.Notes,
	})
}

// contactSearch is the search text of a contact after a change of its name or
// number. It is made of both, so the one that stays is read here, past the masks
// of whoever changes the other, and shown to nobody. The row is locked: two
// changes at once would each keep the other's old half.
func contactSearch(ctx context.Context, org, id uuid.UUID, in model.UpdateContactInput) (string, error) {
	rows := &entsql.Rows{}
	err := txFrom(ctx).Query(ctx,
		`select coalesce(name, ''), coalesce(phone, '') from contacts where org_id = $1 and id = $2 for update`, []any{org, id}, rows)
	if err != nil {
		return "", fmt.Errorf("reading a contact's search text: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var name, phone string
	if rows.Next() { // no row: the change will find none either
		if err := rows.Scan(&name, &phone); err != nil {
			return "", fmt.Errorf("reading a contact's search text: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("reading a contact's search text: %w", err)
	}
	if in.Name != nil {
		name = *in.Name
	}
	if in.Phone != nil {
		phone = *in.Phone
	}
	return searchText(name, phone), nil
}

// orEmptyText is the text, or none.
func orEmptyText(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
