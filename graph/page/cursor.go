package page

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph/fault"
)

// cursor is a place in a list: the order it belongs to, the value that rows
// are ordered by, and the id that tells equal ones apart. To the outside it is
// opaque; it names no row that its reader has not seen, and proves nothing.
type cursor struct {
	Order string    `json:"o"`
	Time  time.Time `json:"t,omitzero"`
	Num   int64     `json:"n,omitempty"`
	Text  string    `json:"s,omitempty"`
	ID    uuid.UUID `json:"i"`
}

// maxCursor bounds what is decoded.
const maxCursor = 1024

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return "" // its fields always marshal
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// text is the cursor, or nil without one.
func (c *cursor) text() *string {
	if c == nil {
		return nil
	}
	s := c.String()
	return &s
}

// parseCursor reads a cursor of the list with this order. Any other text than
// one that String wrote is BAD_USER_INPUT.
func parseCursor(s, order string) (cursor, error) {
	bad := func(err error) (cursor, error) {
		e := fault.New(fault.BadUserInput, "The cursor was not made by this list. Use one from its pageInfo or edges, with the same order.")
		e.Cause = err
		return cursor{}, e
	}
	if len(s) > maxCursor {
		return bad(nil)
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return bad(err)
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil {
		return bad(err)
	}
	// Only what String wrote: JSON has many spellings, a place has one.
	if c.Order != order || c.ID == uuid.Nil || c.String() != s {
		return bad(nil)
	}
	return c, nil
}
