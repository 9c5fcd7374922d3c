package transport

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
)

// Methods is the last transport: it takes what no other took, tells OPTIONS
// which methods there are, and refuses the rest with 405.
type Methods struct {
	// Problem answers what is refused; nil writes it plainly.
	Problem ProblemWriter
}

var _ graphql.Transport = Methods{}

// Supports takes everything.
func (Methods) Supports(*http.Request) bool { return true }

// Do answers OPTIONS with 204 and every other method with 405, both with Allow
// (RFC 9110, 9.3.7 and 15.5.6). CORS is for the server in front to answer.
func (t Methods) Do(w http.ResponseWriter, r *http.Request, _ graphql.GraphExecutor) {
	w.Header().Set("Allow", "GET, POST, OPTIONS")
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	t.Problem.write(w, r, bad(http.StatusMethodNotAllowed, "use POST, or GET for a query"))
}
