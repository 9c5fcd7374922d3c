package transport

import (
	"net/http"
	"time"

	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
)

// The close codes that this package gives: those of graphql-transport-ws, and
// 1012 of the WebSocket registry. Clients of the protocol reconnect after 1012
// and 4403, and not after 1000.
const (
	closeRestart     = 1012
	closeBadRequest  = 4400
	closeForbidden   = 4403
	closeInitTimeout = 4408
)

// acceptor upgrades a request that Websocket.Do has already checked. It offers
// one subprotocol: gqlgen would take up its predecessor as well, and assume it
// of a client that names none.
type acceptor struct{ writeTimeout time.Duration }

// Accept upgrades r.
func (a acceptor) Accept(w http.ResponseWriter, r *http.Request, options gqltransport.WebsocketAcceptOptions) (gqltransport.WebsocketConn, error) {
	options.Subprotocols = []string{Subprotocol}
	conn, err := gqltransport.CoderWebsocketImplementation{AcceptOptions: websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin is checked by Websocket.allows
	}}.Accept(w, r, options)
	if err != nil {
		return nil, err
	}
	state, _ := connectionFrom(r.Context())
	return boundedConn{WebsocketConn: conn, timeout: a.writeTimeout, state: state}, nil
}

// boundedConn drops a client that does not read. gqlgen holds the connection's
// lock while it writes, so that one stuck message would hold back every ping
// and so every sign that the client is stuck.
type boundedConn struct {
	gqltransport.WebsocketConn
	timeout time.Duration
	state   *connection
}

// WriteJSON sends v within the timeout, or closes the connection.
func (c boundedConn) WriteJSON(v any) error {
	late := time.AfterFunc(c.timeout, func() { _ = c.Close() })
	defer late.Stop()
	return c.WebsocketConn.WriteJSON(v)
}

// WriteClose gives the reasons for which gqlgen closes the codes that
// graphql-transport-ws has for them, so that a client knows whether to come back.
func (c boundedConn) WriteClose(code int, reason string) error {
	switch {
	case code == gqltransport.WebsocketCloseProtocolError && reason == "connection initialisation timeout":
		code = closeInitTimeout
	case code == gqltransport.WebsocketCloseProtocolError:
		code = closeBadRequest
	case code == gqltransport.WebsocketCloseNormalClosure && c.state != nil && c.state.expired():
		code, reason = closeForbidden, "Forbidden"
	case code == gqltransport.WebsocketCloseNormalClosure:
		code, reason = closeRestart, "Service Restart"
	}
	return c.WebsocketConn.WriteClose(code, reason)
}

// SetReadLimit bounds each message of the client in bytes.
func (c boundedConn) SetReadLimit(limit int64) {
	if conn, ok := c.WebsocketConn.(gqltransport.WebsocketReadLimiter); ok {
		conn.SetReadLimit(limit)
	}
}

// SetReadDeadline closes the connection at t unless it is moved; zero never does.
func (c boundedConn) SetReadDeadline(t time.Time) error {
	if conn, ok := c.WebsocketConn.(gqltransport.WebsocketReadDeadliner); ok {
		return conn.SetReadDeadline(t)
	}
	return nil
}
