package server

import (
	"net/http"
	"strings"
	"time"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/transport"
)

// refusal is why a request never reached GraphQL. It is answered in GraphQL's
// own form, so that clients find it where they look, with the HTTP status that
// says the same.
type refusal struct {
	status     int
	code       fault.Code
	message    string
	reason     string // a stable word for programs
	retryAfter time.Duration
	challenge  string // WWW-Authenticate
}

func (f refusal) write(w http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r.Context())
	x.reason = f.reason
	extensions := map[string]any{"code": f.code, "requestId": x.id}
	if f.reason != "" {
		extensions["reason"] = f.reason
	}
	if f.challenge != "" {
		w.Header().Set("WWW-Authenticate", f.challenge)
	}
	if f.retryAfter > 0 {
		retryAfter(w, f.retryAfter)
		extensions["retryAfter"] = seconds(f.retryAfter)
	}
	mediaType := transport.GraphQLResponse
	if accept := r.Header.Get("Accept"); !strings.Contains(accept, transport.GraphQLResponse) && strings.Contains(accept, transport.JSON) {
		mediaType = transport.JSON
	}
	type entry struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	}
	writeJSON(w, mediaType+"; charset=utf-8", f.status, map[string][]entry{"errors": {{f.message, extensions}}})
}

// unavailableNow is the refusal while the database or the issuer is away.
func unavailableNow(reason string) refusal {
	return refusal{
		status: http.StatusServiceUnavailable, code: fault.Unavailable, reason: reason, retryAfter: time.Second,
		message: "The service cannot answer just now. Nothing was done; try again in a moment.",
	}
}
