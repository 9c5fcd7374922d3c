package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/voxanne/cascade/graph/transport"
)

// refusal is why a message is not taken. Its reason is a stable code, safe to
// show and to count; it quotes nothing of the message.
type refusal struct {
	status int
	reason string
	limit  *transport.Limit
}

// Error implements error.
func (r *refusal) Error() string { return "webhook refused: " + r.reason }

// The reasons that are ours; those of the provider's package are its own.
const (
	reasonUnknownKey  = "webhook_unknown_key"
	reasonOrgInactive = "org_not_active"
	reasonTooLarge    = "body_too_large"
	reasonUnreadable  = "body_unreadable"
	reasonUnavailable = "unavailable"
)

// problemOf is what the sender of a message that failed may see. Whatever is
// no refusal is our own fault, and may be sent again.
func problemOf(err error) transport.Problem {
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		return transport.Problem{
			Status: http.StatusServiceUnavailable, Code: "UNAVAILABLE",
			Detail: "The message could not be kept. Send it again.",
		}
	}
	p := transport.Problem{Status: refused.status, Limit: refused.limit}
	switch refused.status {
	case http.StatusNotFound:
		// The same for every address that is nobody's, whatever it looks like.
		p.Code, p.Detail = "NOT_FOUND", "There is no webhook at this address."
	case http.StatusUnauthorized:
		p.Code, p.Detail = "UNAUTHENTICATED", "The sender is not proven: "+refused.reason+"."
	case http.StatusForbidden:
		p.Code, p.Detail = "FORBIDDEN", "Messages are not taken: "+refused.reason+"."
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = "TOO_COMPLEX", fmt.Sprintf("The body is larger than %d bytes.", refused.limit.Max)
	default:
		p.Code, p.Detail = "BAD_USER_INPUT", "The message does not read: "+refused.reason+"."
	}
	return p
}

// writeProblem is the plain transport.ProblemWriter.
func writeProblem(w http.ResponseWriter, _ *http.Request, p transport.Problem) {
	body, err := json.Marshal(p)
	if err != nil { // cannot be: p holds strings and numbers
		http.Error(w, p.Title, p.Status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // a sender that went away is not our fault
}
