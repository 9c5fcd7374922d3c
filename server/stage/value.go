package stage

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// exact are values that a type and a check do not tell: the column's own
// language. Every {canary} in them is the clinic's, every {i} the row's place.
var exact = map[string]string{ //nolint:gochecknoglobals // an immutable table
	"access_grants.masks":       `{"call": ["transcript"]}`,
	"access_grants.resources":   `{call}`,
	"api_keys.scopes":           `{call:read}`,
	"booking_rules.services":    `[{"name": "{canary} check-up", "minutes": 30}]`,
	"oauth_clients.scopes":      `{call:read}`,
	"call_logs.transcript":      `[{"speaker": "caller", "text": "{canary} said this", "at": 1.5}]`,
	"integrations.webhook_auth": `{"method": "secret"}`,
	"knowledge_base.language":   `en {canary}`,
}

// done are the moments that rows have although they may be empty: a message
// that is not applied would be tried again by the server.
var done = map[string]bool{ //nolint:gochecknoglobals // an immutable table
	"webhook_inbox.applied_at": true, "call_logs.ended_at": true, "contacts.last_contact_at": true, "integrations.last_checked_at": true,
}

// value is what a column of the i-th row holds; ok is false when it is left to
// its default or empty. A type that is not known is an error, so that a new
// column is noticed.
func (c *Clinic) value(t table, col column, i int, now time.Time) (v any, ok bool, err error) {
	place := t.name + "." + col.name
	text := fmt.Sprintf("%s %s %d", c.Canary, place, i)
	if form, known := exact[place]; known {
		return strings.NewReplacer("{canary}", c.Canary, "{i}", fmt.Sprint(i)).Replace(form), true, nil
	}
	switch col.kind {
	case "uuid":
		switch {
		case col.name == "org_id":
			return c.ID, true, nil
		case col.refers == "users" && col.nullable:
			return nil, false, nil
		case col.refers == "users":
			return c.users[i%len(c.users)], true, nil
		case col.refers == "organizations":
			return c.distant, true, nil
		case col.refers != "":
			rows := c.Rows[col.refers]
			if len(rows) == 0 {
				return nil, false, fmt.Errorf("%s refers to %s, which has no rows yet", place, col.refers)
			}
			return rows[i%len(rows)], true, nil
		}
		return c.newID(), true, nil
	case "text":
		return c.text(col, text, i), true, nil
	case "text[]":
		if col.values != nil {
			return col.values, true, nil
		}
		return []string{text}, true, nil
	case "jsonb":
		return fmt.Sprintf(`{"note": %q}`, text), true, nil
	case "bytea":
		sum := sha256.Sum256([]byte(text))
		return append([]byte(c.Canary), sum[len(c.Canary):]...), true, nil
	case "smallint", "integer", "bigint":
		return 30 + i, true, nil // within every range that there is
	case "boolean":
		return false, !col.defaults, nil
	case "timestamp with time zone":
		return moment(col, place, i, now)
	default:
		return nil, false, fmt.Errorf("%s is of type %s, and no value of it is known: add one here", place, col.kind)
	}
}

// text obeys the checks that name a form.
func (c *Clinic) text(col column, text string, i int) string {
	switch {
	case col.values != nil:
		return col.values[i%len(col.values)]
	case strings.Contains(col.checks, `'^\+[1-9]`), strings.HasSuffix(col.name, "_number"):
		c.lines++
		return fmt.Sprintf("+%s%04d", c.Digits, c.lines)
	case strings.Contains(col.checks, "^[A-Z]{3}$"):
		return "USD"
	case strings.Contains(col.checks, "https://"):
		return fmt.Sprintf("https://%s.example/%d", c.Canary, i)
	case col.name == "email":
		return fmt.Sprintf("%s.%d@example.com", c.Canary, i)
	default:
		return text
	}
}

// moment is a time some hours ago, or to come where the column's name says so.
func moment(col column, place string, i int, now time.Time) (any, bool, error) {
	past := now.Add(-time.Duration(i+1) * time.Hour)
	switch {
	case strings.HasPrefix(col.name, "expires"), strings.HasPrefix(col.name, "deadline"), strings.HasPrefix(col.name, "next"):
		if col.nullable {
			return nil, false, nil
		}
		return now.Add(time.Duration(i+24) * time.Hour), true, nil
	case col.nullable:
		return past, done[place], nil
	default:
		return past, true, nil
	}
}

// newID is a UUIDv7 that ends in the clinic's mark, whatever it is written in.
func (c *Clinic) newID() uuid.UUID {
	id := NewID()
	c.ids++
	copy(id[8:14], c.mark[:])
	binary.BigEndian.PutUint16(id[14:], c.ids)
	return id
}
