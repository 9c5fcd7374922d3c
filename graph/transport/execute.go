package transport

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// exchange is one request and its single response, over POST or GET.
type exchange struct {
	w    http.ResponseWriter
	r    *http.Request
	exec graphql.GraphExecutor
	// modern is true for GraphQLResponse, whose status tells of the request.
	modern bool
	status func(*graphql.Response) int
	// refuse judges an operation before it runs; nil errors let it run.
	refuse func(*ast.OperationDefinition) (int, gqlerror.List)
}

// run validates, executes and answers.
func (x exchange) run(params *graphql.RawParams) {
	ctx := x.r.Context()
	op, errs := x.exec.CreateOperationContext(ctx, params)
	ctx = graphql.WithOperationContext(ctx, op)
	if errs != nil {
		x.fail(ctx, 0, errs)
		return
	}
	if status, errs := x.refuse(op.Operation); errs != nil {
		x.fail(ctx, status, errs)
		return
	}
	responses, ctx := x.exec.DispatchOperation(ctx, op)
	resp := responses(ctx)
	if resp == nil { // the context ended before there was an answer
		x.fail(ctx, http.StatusServiceUnavailable, gqlerror.List{{
			Message:    "the request ended before its answer",
			Extensions: map[string]any{"code": codeUnavailable},
		}})
		return
	}
	send(x.w, x.statusOf(resp), resp)
}

// malformed answers what could not be read as a GraphQL request: 400 for both
// media types. Response interceptors meet an operation context without a
// document, as they do when a document does not parse.
func (x exchange) malformed(errs gqlerror.List) {
	ctx := graphql.WithOperationContext(x.r.Context(), &graphql.OperationContext{Headers: x.r.Header})
	x.fail(ctx, http.StatusBadRequest, errs)
}

// fail answers a request that was not executed. A status above zero holds for
// both media types, because it says something of HTTP and not of GraphQL.
func (x exchange) fail(ctx context.Context, status int, errs gqlerror.List) {
	resp := x.exec.DispatchError(ctx, errs)
	if status == 0 {
		status = x.statusOf(resp)
	}
	send(x.w, status, resp)
}

// statusOf is 200 for everything that was executed and for every legacy answer.
// What was not executed is 400, or what the server's own table says.
func (x exchange) statusOf(resp *graphql.Response) int {
	if !x.modern || len(resp.Data) > 0 || len(resp.Errors) == 0 {
		return http.StatusOK
	}
	if x.status != nil {
		if status := x.status(resp); status != 0 {
			return status
		}
	}
	return http.StatusBadRequest
}
