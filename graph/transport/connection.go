package transport

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// connection is what one WebSocket knows of itself, from handshake to close.
type connection struct {
	// auth is the context that Init returned; nil before.
	auth    context.Context
	limit   int64
	running atomic.Int64
}

type connectionKey struct{}

func connectionFrom(ctx context.Context) (*connection, bool) {
	c, ok := ctx.Value(connectionKey{}).(*connection)
	return c, ok
}

// expired reports whether the connection outlived its credential.
func (c *connection) expired() bool {
	return c.auth != nil && errors.Is(c.auth.Err(), context.DeadlineExceeded)
}

var errNoInit = errors.New("connections are not authenticated here")

// initWith authenticates a connection by init and closes it with 4403 on error.
func initWith(init gqltransport.WebsocketInitFunc) gqltransport.WebsocketInitFunc {
	return func(ctx context.Context, payload gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
		refused := gqltransport.AppendCloseReason(gqltransport.WithWebsocketCloseCode(ctx, closeForbidden), "Forbidden")
		if init == nil {
			return refused, nil, errNoInit
		}
		auth, ack, err := init(ctx, payload)
		if err != nil {
			return refused, nil, err
		}
		if c, ok := connectionFrom(ctx); ok {
			c.auth = auth
		}
		return auth, ack, nil
	}
}

// OperationsPerConnection is the gqlgen extension that holds a WebSocket to
// WebsocketConfig.MaxOperations. Other transports run one operation to a
// request and pass through it.
type OperationsPerConnection struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
} = OperationsPerConnection{}

// ExtensionName names the extension.
func (OperationsPerConnection) ExtensionName() string { return "OperationsPerConnection" }

// Validate accepts every schema.
func (OperationsPerConnection) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation refuses an operation past the limit with TOO_COMPLEX.
func (OperationsPerConnection) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	c, ok := connectionFrom(ctx)
	if !ok {
		return next(ctx)
	}
	// The transport ends an operation's context when the operation is over.
	context.AfterFunc(ctx, func() { c.running.Add(-1) })
	if actual := c.running.Add(1); actual > c.limit {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{{
			Message: "too many operations run on this connection",
			Extensions: map[string]any{
				"code":  codeTooComplex,
				"limit": map[string]any{"name": "operationsPerConnection", "max": c.limit, "actual": actual},
			},
		}}})
	}
	return next(ctx)
}
