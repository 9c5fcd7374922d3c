package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/limit"
	"github.com/voxanne/cascade/graph/transport"
)

// queryCacheSize is how many documents stay parsed and validated. It is the
// largest single saving there is: a small query costs a third with it.
const queryCacheSize = 2048

// HandlerConfig is what the GraphQL endpoint is made of.
type HandlerConfig struct {
	Door     DoorConfig
	Resolver *Resolver
	// Introspection lets clients read the schema. Off in production.
	Introspection bool
	// Websocket is how connections are opened; nil: none are.
	Websocket graphql.Transport
	// Problem answers what was no GraphQL request; nil writes it plainly.
	Problem transport.ProblemWriter
}

// NewHandler makes the GraphQL endpoint. A request reaches it with a Request in
// its context (WithRequest), or is refused.
func NewHandler(c HandlerConfig) http.Handler {
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: c.Resolver})
	c.Resolver.resources = nodeResources(schema.Schema())
	server := handler.New(schema)
	server.AddTransport(transport.SSE{Problem: c.Problem})
	server.AddTransport(transport.POST{Status: Status, Problem: c.Problem})
	server.AddTransport(transport.GET{Status: Status, Problem: c.Problem})
	if c.Websocket != nil {
		server.AddTransport(c.Websocket)
	}
	server.AddTransport(transport.Methods{Problem: c.Problem})
	cache := lru.New[*ast.QueryDocument](queryCacheSize)
	server.SetQueryCache(cache)
	server.SetDisableSuggestion(true) // a suggestion rebuilds a hidden schema
	server.Use(limit.New(limit.Default(), cache))
	server.Use(transport.OperationsPerConnection{})
	if c.Introspection {
		server.Use(extension.Introspection{})
	}
	server.Use(NewDoor(schema.Schema(), c.Door))
	server.SetErrorPresenter(Presenter(c.Door.Log))
	server.SetRecoverFunc(recoverFunc(c.Door.Log))
	return server
}

// recoverFunc keeps a panic's text and stack for the log.
func recoverFunc(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, cause any) error {
		log.ErrorContext(ctx, "panic in a resolver", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
		return errors.New("panic in a resolver")
	}
}

// statuses are the HTTP statuses of requests that were not executed, under
// application/graphql-response+json.
var statuses = map[fault.Code]int{ //nolint:gochecknoglobals // immutable table
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.RateLimited:     http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Internal:        http.StatusInternalServerError,
}

// Status is the HTTP status of a response without data, by its first error's
// code; 400 for every other code.
func Status(r *graphql.Response) int {
	for _, e := range r.Errors {
		if code, ok := e.Extensions["code"].(string); ok {
			if status, ok := statuses[fault.Code(code)]; ok {
				return status
			}
		}
		break //nolint:staticcheck // the first error decides
	}
	return http.StatusBadRequest
}
