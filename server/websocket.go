package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/voxanne/cascade/graph/transport"
)

// socket is GraphQL over WebSocket. A connection proves itself when it opens,
// and again for each operation: it may stay for hours, and a member who was
// removed meanwhile is out at the next.
type socket struct {
	transport.Websocket
	gate *gate
}

// handshakeKey holds the request that opened a connection, with what its
// connection_init added: what each operation proves itself with.
type handshakeKey struct{}

func newSocket(g *gate, origins []string) socket {
	return socket{gate: g, Websocket: transport.NewWebsocket(transport.WebsocketConfig{
		Origins: origins, Problem: writeProblem,
		Init: func(ctx context.Context, payload gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
			return g.open(ctx, payload)
		},
	})}
}

// Do serves one connection.
func (s socket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	ctx := context.WithValue(r.Context(), handshakeKey{}, r)
	s.Websocket.Do(w, r.WithContext(ctx), liveExecutor{exec, s.gate})
}

var errInit = errors.New("connection_init proves nobody")

// open admits a connection with the credential of its headers or of its
// connection_init, never of both. Its context ends with the credential.
func (g *gate) open(ctx context.Context, payload gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
	r, ok := ctx.Value(handshakeKey{}).(*http.Request)
	if !ok {
		return nil, nil, errInit
	}
	r = r.Clone(ctx)
	for name, value := range payload {
		// Header names in any case: clients write them as they like.
		text, ok := value.(string)
		switch name = http.CanonicalHeaderKey(name); {
		case !ok:
		case name == "Authorization", name == "X-Api-Key", name == "X-Cascade-Org":
			r.Header.Add(name, strings.TrimSpace(text))
		}
	}
	_, request, refused := g.admit(ctx, r)
	if refused != nil {
		return nil, nil, errInit
	}
	ctx = context.WithValue(ctx, handshakeKey{}, r)
	if expires := request.Subject.Credential.Expires; !expires.IsZero() {
		// The connection outlives this call, and its end is that of ctx.
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, expires)
		context.AfterFunc(ctx, cancel)
	}
	return ctx, nil, nil
}

// liveExecutor admits each operation of a connection anew.
type liveExecutor struct {
	graphql.GraphExecutor
	gate *gate
}

// DispatchOperation implements graphql.GraphExecutor.
func (e liveExecutor) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	opened, ok := ctx.Value(handshakeKey{}).(*http.Request)
	if !ok {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{{Message: errInit.Error()}}}), ctx
	}
	x := &exchange{id: e.gate.newID().String(), traceID: exchangeOf(ctx).traceID, route: exchangeOf(ctx).route}
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	admitted, _, refused := e.gate.admit(ctx, opened)
	if refused != nil {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{{
			Message:    refused.message,
			Extensions: map[string]any{"code": refused.code, "reason": refused.reason, "requestId": x.id},
		}}}), ctx
	}
	if op.Operation.Operation == ast.Subscription {
		return e.GraphExecutor.DispatchOperation(admitted, op)
	}
	bounded, cancel := context.WithTimeout(admitted, answerTime)
	context.AfterFunc(bounded, cancel)
	return e.GraphExecutor.DispatchOperation(bounded, op)
}
