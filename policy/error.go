package policy

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ErrNoScope means that work reached the data without a decision. It is a
// fault of the program, and the work is refused.
var ErrNoScope = errors.New("policy: no scope in context")

// Denied is the error of a decision that refuses. Its text is safe to show:
// it names no org and no row.
type Denied struct {
	ID       uuid.UUID
	Action   Action
	Resource Resource
	Reason   string
}

func (d *Denied) Error() string {
	return fmt.Sprintf("%s %s denied: %s", d.Action, d.Resource, d.Reason)
}
