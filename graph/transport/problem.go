package transport

import (
	"encoding/json"
	"net/http"
)

// Problem is why a request was refused before it was GraphQL, as RFC 9457 has it.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	// Code is the stable word for programs, of the same family as the
	// extensions.code of a GraphQL error.
	Code string `json:"code"`
	// Limit names the bound that was passed, where there is one.
	Limit *Limit `json:"limit,omitempty"`
}

// Limit is a bound by its name and its value.
type Limit struct {
	Name string `json:"name"`
	Max  int64  `json:"max"`
}

// ProblemWriter answers r with p. A server hands its own to the transports to
// add what it knows, such as the request's id.
type ProblemWriter func(w http.ResponseWriter, r *http.Request, p Problem)

// The codes that this package gives.
const (
	codeBadInput    = "BAD_USER_INPUT"
	codeForbidden   = "FORBIDDEN"
	codeTooComplex  = "TOO_COMPLEX"
	codeUnavailable = "UNAVAILABLE"
)

// write calls the writer, or the plain one when there is none.
func (write ProblemWriter) write(w http.ResponseWriter, r *http.Request, p Problem) {
	p.Title = http.StatusText(p.Status)
	if write != nil {
		write(w, r, p)
		return
	}
	body, err := json.Marshal(p)
	if err != nil { // cannot be: p holds strings and numbers
		http.Error(w, p.Title, p.Status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // a client that went away is not our fault
}

// bad is the problem of a request that breaks a rule of HTTP or of GraphQL over it.
func bad(status int, detail string) Problem {
	return Problem{Status: status, Code: codeBadInput, Detail: detail}
}

// notAcceptable is the problem of a client that wants neither media type.
func notAcceptable() Problem {
	return bad(http.StatusNotAcceptable, "this endpoint answers with "+GraphQLResponse+" or "+JSON)
}
