package transport

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// GET runs queries whose parameters are in the URL. It changes nothing: another
// operation is 405. The zero GET is ready to use.
type GET struct {
	// Status is as POST.Status.
	Status func(*graphql.Response) int
	// Problem answers what was no GraphQL request; nil writes it plainly.
	Problem ProblemWriter
}

var _ graphql.Transport = GET{}

// Supports takes every GET that does not ask to become a WebSocket.
func (t GET) Supports(r *http.Request) bool {
	return r.Method == http.MethodGet && !isUpgrade(r)
}

// Do answers one request.
func (t GET) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	mediaType := negotiate(r)
	if mediaType == "" {
		t.Problem.write(w, r, notAcceptable())
		return
	}
	prepare(w, mediaType)
	x := exchange{
		w: w, r: r, exec: exec, modern: mediaType == GraphQLResponse, status: t.Status,
		refuse: func(op *ast.OperationDefinition) (int, gqlerror.List) {
			status, errs := onlyQuery(op)
			if errs != nil {
				w.Header().Set("Allow", http.MethodPost)
			}
			return status, errs
		},
	}
	params, errs := readURL(r)
	if errs != nil {
		x.malformed(errs)
		return
	}
	x.run(params)
}

// onlyQuery refuses what a GET must not do (RFC 9110, 9.2.1: GET is safe).
func onlyQuery(op *ast.OperationDefinition) (int, gqlerror.List) {
	if op.Operation != ast.Query {
		return http.StatusMethodNotAllowed, inputError("GET runs queries only: send a %s with POST", op.Operation)
	}
	return 0, nil
}
