package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/voxanne/cascade/graph/transport"
)

const sdl = `
	type Query { hello(name: String): String! denied: String slow: String boom: String }
	type Mutation { rename(name: String!): String }
	type Subscription { ticks: Int! held: Int! forever: Int! flood: String! boom: Int! }`

// schema answers each root field by its name, as generated code would.
func schema() *graphql.ExecutableSchemaMock {
	parsed := gqlparser.MustLoadSchema(&ast.Source{Input: sdl})
	return &graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return parsed },
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			op := graphql.GetOperationContext(ctx).Operation
			field, ok := op.SelectionSet[0].(*ast.Field)
			if !ok {
				panic("the test schema knows fields alone")
			}
			switch field.Name {
			case "denied":
				return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{{
					Message: "no", Extensions: map[string]any{"code": "UNAUTHENTICATED"},
				}}})
			case "ticks":
				return ticks("ticks", 3, nil)
			case "held":
				return ticks("held", 1, ctx.Done())
			case "forever", "slow":
				return ticks("forever", 0, ctx.Done())
			case "flood":
				data := json.RawMessage(`{"flood":"` + strings.Repeat("a", 1<<20) + `"}`)
				return func(context.Context) *graphql.Response { return &graphql.Response{Data: data} }
			case "boom":
				return func(context.Context) *graphql.Response { panic("boom") }
			case "__typename":
				return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{"__typename":"Query"}`)})
			case "hello":
				return func(ctx context.Context) *graphql.Response { // again and again, if asked
					graphql.RegisterExtension(ctx, "cost", 1)
					return &graphql.Response{Data: json.RawMessage(`{"hello":"<b>"}` + "\n")}
				}
			default:
				return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{"` + field.Alias + `":null}`)})
			}
		},
	}
}

// ticks answers n times and then ends, or first waits for held to close.
func ticks(name string, n int, held <-chan struct{}) graphql.ResponseHandler {
	i := 0
	return func(context.Context) *graphql.Response {
		if i++; i <= n {
			return &graphql.Response{Data: json.RawMessage(fmt.Sprintf("{\n%q:%d}", name, i))}
		}
		if held != nil {
			<-held
		}
		return nil
	}
}

// statusOf is a server's own table of codes.
func statusOf(resp *graphql.Response) int {
	if resp.Errors[0].Extensions["code"] == "UNAUTHENTICATED" {
		return http.StatusUnauthorized
	}
	return 0
}

// config is what one test changes of the server.
type config struct {
	maxBody   int64
	heartbeat time.Duration
	timeout   time.Duration // of the HTTP server, for reading and for writing
	base      context.Context
	websocket transport.WebsocketConfig
}

// start serves every transport in the order that the package prescribes.
func start(t testing.TB, c config) *httptest.Server {
	t.Helper()
	if c.websocket.Init == nil {
		c.websocket.Init = func(ctx context.Context, p gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
			return ctx, nil, nil
		}
	}
	srv := handler.New(schema())
	srv.SetRecoverFunc(func(context.Context, any) error { return errors.New("internal system error") })
	srv.AddTransport(transport.SSE{MaxBody: c.maxBody, Heartbeat: c.heartbeat})
	srv.AddTransport(transport.POST{MaxBody: c.maxBody, Status: statusOf})
	srv.AddTransport(transport.GET{Status: statusOf})
	srv.AddTransport(transport.NewWebsocket(c.websocket))
	srv.AddTransport(transport.Methods{})
	srv.Use(extension.Introspection{})
	srv.Use(transport.OperationsPerConnection{})
	server := httptest.NewUnstartedServer(srv)
	server.Config.ReadTimeout, server.Config.WriteTimeout = c.timeout, c.timeout
	server.Config.BaseContext = func(net.Listener) context.Context {
		if c.base != nil {
			return c.base
		}
		return context.Background()
	}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request whose headers are "Name: value".
func do(t *testing.T, method, url, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if mediaType := resp.Header.Get("Content-Type"); method != http.MethodHead && strings.Contains(mediaType, "json") && !json.Valid(raw) {
		t.Errorf("not JSON: %s", bytes.TrimSpace(raw))
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(raw)}
}
