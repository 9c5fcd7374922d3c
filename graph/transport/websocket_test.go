package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/graph/transport"
)

// client is a WebSocket as a browser has it.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, url string) client {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), strings.Replace(url, "http", "ws", 1),
		&websocket.DialOptions{Subprotocols: []string{transport.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		resp.Body.Close()
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return client{t, conn}
}

// connect dials and is let in.
func connect(t *testing.T, url string) client {
	t.Helper()
	c := dial(t, url)
	c.send(`{"type":"connection_init","payload":{"authorization":"Bearer good"}}`)
	c.expect(`{"type":"connection_ack"}`)
	return c
}

func (c client) send(message string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		c.t.Fatal(err)
	}
}

// expect reads the next messages, which must be these.
func (c client) expect(messages ...string) {
	c.t.Helper()
	for _, message := range messages {
		_, raw, err := c.conn.Read(c.t.Context())
		if err != nil {
			c.t.Fatalf("instead of %s: %v", message, err)
		}
		var got, want any
		if err := errors.Join(json.Unmarshal(raw, &got), json.Unmarshal([]byte(message), &want)); err != nil {
			c.t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			c.t.Fatal(diff)
		}
	}
}

// closed reads until the server closes, and with which code.
func (c client) closed(code websocket.StatusCode) {
	c.t.Helper()
	for {
		if _, _, err := c.conn.Read(c.t.Context()); err != nil {
			if got := websocket.CloseStatus(err); got != code {
				c.t.Errorf("closed with %d, want %d: %v", got, code, err)
			}
			return
		}
	}
}

type initFunc = gqltransport.WebsocketInitFunc

func TestWebsocket(t *testing.T) {
	t.Parallel()
	var authorization string
	server := start(t, config{websocket: transport.WebsocketConfig{
		Ping: 500 * time.Millisecond,
		Init: func(ctx context.Context, p gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
			authorization = p.Authorization()
			return ctx, nil, nil
		},
	}})
	c := connect(t, server.URL)
	if authorization != "Bearer good" {
		t.Errorf("Init saw %q", authorization)
	}
	c.expect(`{"type":"ping"}`)
	c.send(`{"type":"pong"}`)
	c.closed(-1) // the next pings have no answer
}

func TestWebsocketSubscription(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, config{}).URL)
	c.send(`{"id":"1","type":"subscribe","payload":{"query":"subscription{ticks}"}}`)
	c.expect(
		`{"id":"1","type":"next","payload":{"data":{"ticks":1}}}`,
		`{"id":"1","type":"next","payload":{"data":{"ticks":2}}}`,
		`{"id":"1","type":"next","payload":{"data":{"ticks":3}}}`,
		`{"id":"1","type":"complete"}`,
	)
}

func TestWebsocketCloses(t *testing.T) {
	t.Parallel()
	accepted := `{"type":"connection_init"}`
	tests := map[string]struct {
		init    initFunc
		timeout time.Duration
		send    string
		code    websocket.StatusCode
	}{
		"a refused credential": {
			func(context.Context, gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
				return nil, nil, errors.New("secret")
			}, 0, accepted, 4403,
		},
		"an expired credential": {
			func(ctx context.Context, _ gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
				ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
				t.Cleanup(cancel)
				return ctx, nil, nil
			}, 0, accepted, 4403,
		},
		"a removed member": {
			func(ctx context.Context, _ gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(20*time.Millisecond, cancel)
				return ctx, nil, nil
			}, 0, accepted, 1012,
		},
		"silence":               {nil, 20 * time.Millisecond, "", 4408},
		"too early":             {nil, 0, `{"id":"1","type":"subscribe","payload":{"query":"{hello}"}}`, 4400},
		"no JSON":               {nil, 0, "{", 4400},
		"a message too large":   {nil, 0, `{"type":"connection_init","payload":{"a":"` + strings.Repeat("a", 2000) + `"}}`, 1009},
		"an unknown message":    {nil, 0, `{"type":"hello"}`, 4400},
		"a predecessor's start": {nil, 0, `{"type":"start"}`, 4400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, config{websocket: transport.WebsocketConfig{
				Init: test.init, InitTimeout: test.timeout, MaxMessage: 1000,
			}})
			c := dial(t, server.URL)
			if test.send != "" {
				c.send(test.send)
			}
			c.closed(test.code)
		})
	}
}

func TestWebsocketOperations(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, config{websocket: transport.WebsocketConfig{MaxOperations: 1}}).URL)
	c.send(`{"id":"1","type":"subscribe","payload":{"query":"subscription{held}"}}`)
	c.expect(`{"id":"1","type":"next","payload":{"data":{"held":1}}}`)
	c.send(`{"id":"2","type":"subscribe","payload":{"query":"{__typename}"}}`)
	c.expect(
		`{"id":"2","type":"next","payload":{"data":null,"errors":[{"message":"too many operations run on this connection",
			"extensions":{"code":"TOO_COMPLEX","limit":{"name":"operationsPerConnection","max":1,"actual":2}}}]}}`,
		`{"id":"2","type":"complete"}`,
	)
	c.send(`{"id":"1","type":"complete"}`)
	c.expect(`{"id":"1","type":"complete"}`)
}

// A client that does not read is dropped, and so is what it subscribed to: the
// server's Close waits for the connection.
func TestWebsocketSlowReader(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, config{websocket: transport.WebsocketConfig{WriteTimeout: 50 * time.Millisecond}}).URL)
	c.send(`{"id":"1","type":"subscribe","payload":{"query":"subscription{flood}"}}`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for { // a ping cannot be written once the server has gone
		if err := c.conn.Write(ctx, websocket.MessageText, []byte(`{"type":"pong"}`)); err != nil {
			break
		}
	}
	if ctx.Err() != nil {
		t.Error("the server still waits for a client that does not read")
	}
}

func TestWebsocketHandshake(t *testing.T) {
	t.Parallel()
	server := start(t, config{websocket: transport.WebsocketConfig{Origins: []string{"https://app.example.com"}}})
	own := strings.Replace(server.URL, "http", "https", 1)
	tests := map[string]struct {
		method, origin, protocol string
		status                   int
	}{
		"no browser":           {http.MethodGet, "", transport.Subprotocol, 101},
		"the server's own":     {http.MethodGet, own, transport.Subprotocol, 101},
		"a listed origin":      {http.MethodGet, "https://App.example.com", transport.Subprotocol, 101},
		"one of several":       {http.MethodGet, "", "graphql-ws, " + transport.Subprotocol, 101},
		"a foreign origin":     {http.MethodGet, "https://evil.example", transport.Subprotocol, 403},
		"a listed one's child": {http.MethodGet, "https://app.example.com.evil.example", transport.Subprotocol, 403},
		"another scheme":       {http.MethodGet, "http://app.example.com", transport.Subprotocol, 403},
		"a sandbox":            {http.MethodGet, "null", transport.Subprotocol, 403},
		"the predecessor":      {http.MethodGet, "", "graphql-ws", 400},
		"no subprotocol":       {http.MethodGet, "", "", 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			headers := []string{
				"Connection: Upgrade", "Upgrade: websocket",
				"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
			}
			if test.origin != "" {
				headers = append(headers, "Origin: "+test.origin)
			}
			if test.protocol != "" {
				headers = append(headers, "Sec-WebSocket-Protocol: "+test.protocol)
			}
			status, protocol := handshake(t, test.method, server.URL, headers...)
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			if status == http.StatusSwitchingProtocols && protocol != transport.Subprotocol {
				t.Errorf("subprotocol %q", protocol)
			}
		})
	}
}

// handshake asks for an upgrade and drops the connection.
func handshake(t *testing.T, method, url string, headers ...string) (status int, subprotocol string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
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
	return resp.StatusCode, resp.Header.Get("Sec-WebSocket-Protocol")
}

func TestZeroWebsocketRefuses(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	transport.Websocket{}.Do(w, httptest.NewRequest(http.MethodGet, "/", nil), nil)
	if w.Code != http.StatusNotImplemented {
		t.Errorf("the zero Websocket: status %d", w.Code)
	}

	srv := handler.New(schema())
	srv.AddTransport(transport.NewWebsocket(transport.WebsocketConfig{}))
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	c := dial(t, server.URL)
	c.send(`{"type":"connection_init"}`)
	c.closed(4403)
}
