package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/voxanne/cascade/server/auth"
)

type message struct {
	ID      string `json:"id,omitempty"`
	Type    string `json:"type"`
	Payload any    `json:"payload,omitempty"`
}

// dial opens a connection and sends connection_init with the payload.
func (s *stage) dial(t *testing.T, header http.Header, payload map[string]any) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), s.url+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header,
	})
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	if err := wsjson.Write(t.Context(), conn, message{Type: "connection_init", Payload: payload}); err != nil {
		t.Fatal(err)
	}
	return conn
}

// next is the next message that is no ping, as text; or why there is none.
func next(ctx context.Context, conn *websocket.Conn) (string, error) {
	for {
		var m json.RawMessage
		if err := wsjson.Read(ctx, conn, &m); err != nil {
			return "", err
		}
		if !strings.Contains(string(m), `"type":"ping"`) {
			return string(m), nil
		}
	}
}

func query(t *testing.T, conn *websocket.Conn, id string) string {
	t.Helper()
	if err := wsjson.Write(t.Context(), conn, message{ID: id, Type: "subscribe", Payload: map[string]string{"query": calls}}); err != nil {
		t.Fatal(err)
	}
	got, err := next(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if end, err := next(t.Context(), conn); err != nil || !strings.Contains(end, `"complete"`) {
		t.Fatalf("%s %v", end, err)
	}
	return got
}

// A connection proves itself when it opens and again for each operation.
func TestAWebSocketIsProvedAtEachOperation(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sunrise, third := s.clinic(t, "sunrise"), s.clinic(t, "third")
	nurse := s.member(t, "nurse", "staff", sunrise, third)
	for name, open := range map[string]func() *websocket.Conn{
		"connection_init": func() *websocket.Conn {
			return s.dial(t, nil, map[string]any{"authorization": "Bearer " + nurse, "x-cascade-org": "sunrise"})
		},
		"headers": func() *websocket.Conn {
			return s.dial(t, http.Header{"Authorization": {"Bearer " + nurse}, "X-Cascade-Org": {"sunrise"}}, nil)
		},
	} {
		conn := open()
		if got, err := next(t.Context(), conn); err != nil || !strings.Contains(got, "connection_ack") {
			t.Fatalf("%s: %s %v", name, got, err)
		}
		if got := query(t, conn, "1"); !strings.Contains(got, "canary-sunrise") || strings.Contains(got, "canary-third") || !strings.Contains(got, `"cost"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
	conn := s.dial(t, nil, map[string]any{"Authorization": "Bearer " + nurse})
	if _, err := next(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	s.Exec(t, `delete from memberships`)
	if got := query(t, conn, "2"); strings.Contains(got, "canary") || !strings.Contains(got, "FORBIDDEN") {
		t.Errorf("after the removal: %s", got)
	}
	s.Exec(t, `delete from users`)
	if got := query(t, conn, "3"); !strings.Contains(got, "UNAUTHENTICATED") {
		t.Errorf("after the end: %s", got)
	}
}

func TestAWebSocketThatProvesNothingIsClosed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	nurse := s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	s.clinic(t, "harbor")
	for name, payload := range map[string]map[string]any{
		"nothing":           nil,
		"garbage":           {"Authorization": "Bearer garbage"},
		"an unproven org":   {"Authorization": "Bearer " + nurse, "X-Cascade-Org": "harbor"},
		"two credentials":   {"Authorization": "Bearer " + nurse, "X-API-Key": "x"},
		"something strange": {"Authorization": []string{"Bearer " + nurse}},
	} {
		conn := s.dial(t, nil, payload)
		for {
			if _, err := next(t.Context(), conn); err != nil {
				if websocket.CloseStatus(err) != 4403 {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
		}
	}
	if n := s.count(t, `select count(*) from audit_decisions where reason = 'org_not_proven'`); n != 1 {
		t.Errorf("%d attempts on record", n)
	}
	for name, header := range map[string]http.Header{
		"a foreign page":     {"Origin": {"https://evil.example"}},
		"a rebound page":     {"Origin": {"https://evil.example"}, "Host": {"evil.example"}},
		"a bad token":        {"Authorization": {"Bearer garbage"}},
		"an unproven choice": {"Authorization": {"Bearer " + nurse}, "X-Cascade-Org": {"harbor"}},
	} {
		_, resp, err := websocket.Dial(t.Context(), s.url+"/graphql", &websocket.DialOptions{
			Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header, Host: header.Get("Host"),
		})
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		if err == nil || resp == nil || resp.StatusCode < 400 || resp.StatusCode >= 500 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A connection ends with its credential, and with the server.
func TestAWebSocketEndsInTime(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	short := s.token(t, "nurse", func(r *auth.TokenRequest) { r.TTL = 2 * time.Second })
	long := s.token(t, "nurse", func(*auth.TokenRequest) {})
	closes := func(conn *websocket.Conn) websocket.StatusCode {
		for {
			if _, err := next(t.Context(), conn); err != nil {
				var closed websocket.CloseError
				errors.As(err, &closed)
				return closed.Code
			}
		}
	}
	expiring, staying := s.dial(t, nil, map[string]any{"Authorization": "Bearer " + short}), s.dial(t, nil, map[string]any{"Authorization": "Bearer " + long})
	if code := closes(expiring); code != 4403 {
		t.Errorf("expired: %d", code)
	}
	if got, err := next(t.Context(), staying); err != nil || !strings.Contains(got, "connection_ack") {
		t.Fatalf("%s %v", got, err)
	}
	s.stop()
	if code := closes(staying); code != websocket.StatusServiceRestart {
		t.Errorf("draining: %d", code)
	}
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
}
