package transport

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// POST runs queries and mutations sent as application/json, as the
// GraphQL-over-HTTP specification describes. The zero POST is ready to use.
type POST struct {
	// MaxBody is the largest body in bytes; zero means DefaultMaxBody.
	MaxBody int64
	// Status gives the HTTP status of a response that was not executed, from its
	// errors' codes, under GraphQLResponse. Nil or zero means 400.
	Status func(*graphql.Response) int
	// Problem answers what was no GraphQL request; nil writes it plainly.
	Problem ProblemWriter
}

var _ graphql.Transport = POST{}

// Supports takes every POST, so that one with a body that is no JSON is refused
// with 415 and not run by something more lenient.
func (t POST) Supports(r *http.Request) bool { return r.Method == http.MethodPost }

// Do answers one request. Malformed bodies are 400 and name what is wrong
// without repeating it; a body that is too large is 413.
func (t POST) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	mediaType := negotiate(r)
	if mediaType == "" {
		t.Problem.write(w, r, notAcceptable())
		return
	}
	params, problem, errs := readBody(w, r, t.MaxBody)
	if problem != nil {
		t.Problem.write(w, r, *problem)
		return
	}
	prepare(w, mediaType)
	x := exchange{w: w, r: r, exec: exec, modern: mediaType == GraphQLResponse, status: t.Status, refuse: noStream}
	if errs != nil {
		x.malformed(errs)
		return
	}
	x.run(params)
}

// noStream refuses subscriptions, which a single response cannot answer.
func noStream(op *ast.OperationDefinition) (int, gqlerror.List) {
	if op.Operation == ast.Subscription {
		return 0, inputError("subscriptions need %s or a WebSocket", eventStream)
	}
	return 0, nil
}
