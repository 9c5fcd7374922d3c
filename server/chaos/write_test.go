package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	createArticle = `mutation ($in: CreateKnowledgeArticleInput!) { createKnowledgeArticle(input: $in) { knowledgeArticle { id title version } } }`
	reviseArticle = `mutation ($id: ID!, $in: UpdateKnowledgeArticleInput!) { updateKnowledgeArticle(id: $id, input: $in) { knowledgeArticle { id title version } } }`
	createContact = `mutation ($in: CreateContactInput!) { createContact(input: $in) { contact { id name } } }`
	bookContact   = `mutation ($in: CreateAppointmentInput!) { createAppointment(input: $in) { appointment { id notes } } }`
)

// made is the row in the answer of any of these mutations.
type made struct {
	ID, Title, Name, Notes string
	Version                int
}

// rowOf reads it.
func rowOf(data string) (made, error) {
	var doc map[string]map[string]*made
	if err := json.Unmarshal([]byte(data), &doc); err != nil {
		return made{}, err
	}
	for _, payload := range doc {
		for _, row := range payload {
			if row != nil {
				return *row, nil
			}
		}
	}
	return made{}, fmt.Errorf("no row in %s", data)
}

// try sends a write, for the first time or again under its key.
func (c *clinic) try(ctx context.Context, w *write) (a answer, err error) {
	c.waiting = w
	if w.hook != "" {
		a, err = c.webhook(ctx, w.hook)
	} else {
		a, err = c.graphql(ctx, w.document, w.variables, w.key)
	}
	if err != nil || !a.ok() {
		w.unknown = w.unknown || !strings.Contains(a.body, "Nothing was done")
		return a, err
	}
	c.waiting, w.given = nil, a.data
	c.kept = append(c.kept, w)
	return a, w.done(a.data)
}

// giveUp stops trying what waits. It may be there, once, unless each answer said
// that nothing was done: then it is not.
func (c *clinic) giveUp() {
	if w := c.waiting; !w.unknown && w.undone != nil {
		w.undone()
	}
	c.waiting = nil
}

// again repeats a write that was acknowledged: the answer is the same, to the
// byte, and nothing is done.
func (c *clinic) again(ctx context.Context) (answer, error) {
	if len(c.kept) == 0 {
		return c.listCalls(ctx)
	}
	w := c.kept[c.dice.IntN(len(c.kept))]
	if w.hook != "" {
		return c.webhook(ctx, w.hook)
	}
	a, err := c.graphql(ctx, w.document, w.variables, w.key)
	if err == nil && a.ok() && (!a.replayed || a.data != w.given) {
		err = fmt.Errorf("a repeated write was answered %s (replayed: %t), before %s", a.data, a.replayed, w.given)
	}
	return a, err
}

// create is a write that makes one row of k, which mark names.
func (c *clinic) create(k kind, mark, document string, input map[string]any) *write {
	r := &row{}
	c.rows[k][mark] = r
	return &write{
		document: document, variables: map[string]any{"in": input}, key: "make " + mark,
		undone: func() { delete(c.rows[k], mark) },
		done: func(data string) error {
			got, err := rowOf(data)
			if err == nil && !slices.Contains([]string{got.Title, got.Name, got.Notes}, mark) {
				err = fmt.Errorf("asked for %s, got %s", mark, data)
			}
			r.id, r.acknowledged = got.ID, true
			return err
		},
	}
}

func (c *clinic) newArticle() *write {
	mark := c.mark()
	return c.create(article, mark, createArticle, map[string]any{"title": mark, "content": "of " + mark})
}

func (c *clinic) newContact() *write {
	mark := c.mark()
	return c.create(contact, mark, createContact, map[string]any{"name": mark, "phone": fmt.Sprintf("+1555%03d%04d", c.index, c.serial)})
}

func (c *clinic) newAppointment() *write {
	_, who := c.pick(contact)
	if who == nil {
		return c.newContact()
	}
	mark := c.mark()
	return c.create(appointment, mark, bookContact, map[string]any{
		"contactId": who.id, "notes": mark, "startsAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	})
}

// revision changes an article. Each change is one more version, so that one
// which is applied twice shows.
func (c *clinic) revision() *write {
	title, r := c.pick(article)
	if r == nil {
		return c.newArticle()
	}
	mark := c.mark()
	r.perhaps++
	return &write{
		document: reviseArticle, variables: map[string]any{"id": r.id, "in": map[string]any{"content": mark}}, key: "revise " + mark,
		undone: func() { r.perhaps-- },
		done: func(data string) error {
			r.perhaps--
			r.revised++
			got, err := rowOf(data)
			if low, high := r.versions(); err == nil && (got.Title != title || got.Version < low || got.Version > high) {
				err = fmt.Errorf("version %d to %d of %s asked for, got %s", low, high, title, data)
			}
			return err
		},
	}
}

// versions are those that an article may have.
func (r *row) versions() (low, high int) { return 1 + r.revised, 1 + r.revised + r.perhaps }

// pick is any row of k that was acknowledged, or none.
func (c *clinic) pick(k kind) (mark string, _ *row) {
	var marks []string
	for mark, r := range c.rows[k] {
		if r.acknowledged {
			marks = append(marks, mark)
		}
	}
	if len(marks) == 0 {
		return "", nil
	}
	slices.Sort(marks)
	mark = marks[c.dice.IntN(len(marks))]
	return mark, c.rows[k][mark]
}

// message is what the provider says of a call: of a new one that it goes on, of
// one that goes on that it has ended.
func (c *clinic) message() *write {
	const head = `{"message":{"type":%q,"timestamp":%d,%s"call":{"id":%q,"type":"webCall","createdAt":%q}}}`
	now := time.Now().UTC()
	for id, call := range c.calls {
		if call.kept && !call.perhaps {
			call.perhaps = true
			return &write{
				hook: fmt.Sprintf(head, "end-of-call-report", now.UnixMilli(), `"endedReason":"customer-ended-call","durationSeconds":42,`, id, now.Format(time.RFC3339)),
				done: func(string) error { call.ended = true; return nil },
			}
		}
	}
	id, call := newID().String(), &phoneCall{}
	c.calls[id] = call
	return &write{
		hook: fmt.Sprintf(head, "status-update", now.UnixMilli(), `"status":"in-progress",`, id, now.Format(time.RFC3339)),
		done: func(string) error { call.kept = true; return nil },
	}
}
