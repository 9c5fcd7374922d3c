package transport

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
)

// Subprotocol is the only WebSocket subprotocol spoken.
const Subprotocol = "graphql-transport-ws"

// Defaults of a WebSocket.
const (
	DefaultPing        = 20 * time.Second
	DefaultInitTimeout = 10 * time.Second
	// DefaultMaxMessage is the largest message of a client in bytes.
	DefaultMaxMessage = 256 << 10
	// DefaultMaxOperations is how many operations may run on one connection.
	DefaultMaxOperations = 50
)

// WebsocketConfig configures a Websocket. Every zero takes its default; no zero
// takes a bound away.
type WebsocketConfig struct {
	// Init authenticates a connection from the payload of connection_init and
	// returns the context of all its operations. An error closes with 4403; its
	// text is not sent. When the returned context ends, so does the connection:
	// past its deadline, the credential's expiry, with 4403, otherwise with 1012,
	// after which clients come back. Nil refuses every connection.
	Init gqltransport.WebsocketInitFunc
	// Origins are the foreign origins whose pages may connect, as
	// "https://app.example.com". The server's own origin always may, and so may
	// clients that are no browser and send none.
	Origins []string
	// InitTimeout is how long a client may stay silent before connection_init.
	InitTimeout time.Duration
	// Ping is the time between pings; a client that leaves two unanswered is
	// taken for gone.
	Ping time.Duration
	// WriteTimeout bounds each message to a client that reads slowly.
	WriteTimeout time.Duration
	// MaxMessage is the largest message in bytes; a larger one closes with 1009.
	MaxMessage int64
	// MaxOperations bounds what runs at once on one connection. It holds when
	// the server uses OperationsPerConnection.
	MaxOperations int
	// Problem answers a handshake that is refused; nil writes it plainly.
	Problem ProblemWriter
}

// Websocket speaks graphql-transport-ws: gqlgen's own transport behind a
// handshake that checks origin and subprotocol, on a connection whose writes
// are bounded. Make one with NewWebsocket; the zero Websocket refuses.
type Websocket struct {
	stock         gqltransport.Websocket
	origins       map[string]bool
	maxOperations int
	problem       ProblemWriter
}

var _ graphql.Transport = Websocket{}

// NewWebsocket makes a Websocket of c.
func NewWebsocket(c WebsocketConfig) Websocket {
	if c.MaxMessage <= 0 {
		c.MaxMessage = DefaultMaxMessage
	}
	if c.MaxOperations <= 0 {
		c.MaxOperations = DefaultMaxOperations
	}
	origins := make(map[string]bool, len(c.Origins))
	for _, origin := range c.Origins {
		origins[strings.ToLower(origin)] = true
	}
	return Websocket{
		stock: gqltransport.Websocket{
			Implementation:   acceptor{writeTimeout: orDefault(c.WriteTimeout, DefaultWriteTimeout)},
			InitFunc:         initWith(c.Init),
			InitTimeout:      orDefault(c.InitTimeout, DefaultInitTimeout),
			PingPongInterval: orDefault(c.Ping, DefaultPing),
			PayloadReadLimit: &c.MaxMessage,
		},
		origins:       origins,
		maxOperations: c.MaxOperations,
		problem:       c.Problem,
	}
}

// Supports takes what asks to become a WebSocket.
func (Websocket) Supports(r *http.Request) bool { return isUpgrade(r) }

// Do serves the connection until it closes. A page of a foreign origin is
// refused with 403: no CORS protects a WebSocket.
func (t Websocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	switch {
	case t.maxOperations == 0:
		t.problem.write(w, r, Problem{Status: http.StatusNotImplemented, Code: codeUnavailable, Detail: "no WebSocket here"})
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		t.problem.write(w, r, bad(http.StatusMethodNotAllowed, "a WebSocket starts with GET"))
	case !t.allows(r):
		t.problem.write(w, r, Problem{
			Status: http.StatusForbidden, Code: codeForbidden, Detail: "this origin may not connect",
		})
	case !offers(r, Subprotocol):
		t.problem.write(w, r, bad(http.StatusBadRequest, "offer the subprotocol "+Subprotocol))
	default:
		c := &connection{limit: int64(t.maxOperations)}
		t.stock.Do(w, r.WithContext(context.WithValue(r.Context(), connectionKey{}, c)), exec)
	}
}

// allows checks Origin (RFC 6455, 10.2). An opaque origin is "null" and foreign.
func (t Websocket) allows(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || t.origins[strings.ToLower(origin)] {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func offers(r *http.Request, subprotocol string) bool {
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(header, ",") {
			if strings.TrimSpace(name) == subprotocol {
				return true
			}
		}
	}
	return false
}
