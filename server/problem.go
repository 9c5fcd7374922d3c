package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/transport"
)

// problem is a refusal as RFC 9457 has it: everything that is not GraphQL
// answers with one. Its texts are ours and hold nothing of the request.
type problem struct {
	transport.Problem
	Reason    string `json:"reason,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// writeProblem answers with p; it is also what the GraphQL transports use for
// what never was GraphQL.
func writeProblem(w http.ResponseWriter, r *http.Request, p transport.Problem) {
	p.Title = http.StatusText(p.Status)
	x := exchangeOf(r.Context())
	if x.reason == "" {
		x.reason = p.Code
	}
	writeJSON(w, "application/problem+json", p.Status, problem{Problem: p, RequestID: x.id})
}

// refuseAddress answers an address that asks too much.
func refuseAddress(w http.ResponseWriter, r *http.Request) {
	exchangeOf(r.Context()).reason = "address_limit"
	writeProblem(w, r, transport.Problem{
		Status: http.StatusTooManyRequests, Code: string(fault.RateLimited),
		Detail: "This address sends too many requests. Retry-After says when to go on.",
	})
}

// unavailable answers what cannot be done just now.
func unavailable(w http.ResponseWriter, r *http.Request) {
	retryAfter(w, time.Second)
	writeProblem(w, r, transport.Problem{
		Status: http.StatusServiceUnavailable, Code: string(fault.Unavailable),
		Detail: "The service cannot answer just now. Nothing was done; try again in a moment.",
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, transport.Problem{Status: http.StatusNotFound, Code: string(fault.NotFound), Detail: "There is nothing here."})
}

// retryAfter sets the header of RFC 9110, 10.2.3, in whole seconds rounded up.
func retryAfter(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(seconds(d)))
}

// seconds rounds up: who waits so long is not too early.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func writeJSON(w http.ResponseWriter, mediaType string, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // v holds strings, numbers and maps of them
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that went away is not our fault
}
