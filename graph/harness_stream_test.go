package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	gqltransport "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/graph/transport"
	"github.com/voxanne/cascade/policy"
)

// people are the live facts of a test: who may connect, and what is true of
// them now. Their credential is their id.
type people struct {
	mu    sync.Mutex
	facts map[uuid.UUID]policy.Subject
	fails error         // what reading facts comes to, when set
	holds chan struct{} // reading facts waits until it is closed, when set
}

func (p *people) set(s policy.Subject) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.facts[s.ID] = s
}

func (p *people) remove(s policy.Subject) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.facts, s.ID)
}

func (p *people) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = err
}

func (p *people) refresh(_ context.Context, s policy.Subject) (policy.Subject, error) {
	p.mu.Lock()
	fresh, fails, holds := p.facts[s.ID], p.fails, p.holds
	p.mu.Unlock()
	if holds != nil {
		<-holds
	}
	return fresh, fails
}

// admit is the context of what the holder of a credential asks.
func (p *people) admit(ctx context.Context, credential string) (context.Context, error) {
	id, err := uuid.Parse(credential)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.facts[id]
	if !ok {
		return nil, errors.New("nobody")
	}
	return graph.WithRequest(ctx, graph.Request{Subject: s, Orgs: s.Proven(), Origin: audit.Origin{RequestID: "r-stream"}}), nil
}

// live is an api behind a real HTTP server, with streams.
type live struct {
	*api
	*people
	url string
}

func newLive(t *testing.T, recheck time.Duration) *live {
	t.Helper()
	p := &people{facts: map[uuid.UUID]policy.Subject{}}
	ws := transport.NewWebsocket(transport.WebsocketConfig{
		Init: func(ctx context.Context, payload gqltransport.InitPayload) (context.Context, *gqltransport.InitPayload, error) {
			ctx, err := p.admit(ctx, payload.Authorization())
			return ctx, nil, err
		},
	})
	l := &live{api: newAPIWith(t, apiConfig{websocket: ws, refresh: p.refresh, recheck: recheck}), people: p}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if credential := r.Header.Get("Authorization"); credential != "" {
			ctx, err := p.admit(r.Context(), credential)
			if err != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			r = r.WithContext(ctx)
		}
		l.handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

// told is one message of a stream: "next" with its payload, or "complete".
type told struct {
	kind string
	answer
}

// follow opens a stream over "sse" or "ws" as s and waits until it tells of
// changes: until it has told of call.
func (l *live) follow(t *testing.T, over string, s policy.Subject, document string, call feed.CallEvent) <-chan told {
	t.Helper()
	l.set(s)
	messages := l.open(t, over, s, document)
	for {
		l.changed(t, call)
		select {
		case m := <-messages:
			if m.kind != "next" || len(m.Errors) > 0 {
				t.Fatalf("the stream opened with %s %s", m.kind, m.Body)
			}
			return messages
		case <-time.After(20 * time.Millisecond): // not yet there; tell again
		case <-t.Context().Done():
			t.Fatal("the stream never opened")
		}
	}
}

func (l *live) open(t *testing.T, over string, s policy.Subject, document string) <-chan told {
	t.Helper()
	if over == "ws" {
		return l.openWebsocket(t, s, document)
	}
	return l.openSSE(t, s, document)
}

// changed tells that calls changed.
func (l *live) changed(t *testing.T, events ...feed.CallEvent) {
	t.Helper()
	for _, e := range events {
		if err := l.feed.Publish(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// message waits for the next message that is not about a call in ignore.
func message(t *testing.T, messages <-chan told, ignore ...feed.CallEvent) told {
	t.Helper()
	for {
		select {
		case m, ok := <-messages:
			if !ok {
				t.Fatal("the connection closed")
			}
			if !about(m, ignore) {
				return m
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nothing came")
		}
	}
}

func about(m told, calls []feed.CallEvent) bool {
	for _, c := range calls {
		if strings.Contains(string(m.Data), nodeid.Encode("call", c.CallID)) {
			return true
		}
	}
	return false
}

// ends expects a refusal with this code, and then the end.
func ends(t *testing.T, messages <-chan told, code string, ignore ...feed.CallEvent) {
	t.Helper()
	m := message(t, messages, ignore...)
	if m.kind != "next" || m.code() != code || (len(m.Data) > 0 && string(m.Data) != "null") {
		t.Fatalf("instead of %s: %s %s", code, m.kind, m.Body)
	}
	if m := message(t, messages); m.kind != "complete" {
		t.Fatalf("after its end the stream says %s %s", m.kind, m.Body)
	}
}

func (l *live) openSSE(t *testing.T, s policy.Subject, document string) <-chan told {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", s.ID.String())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	messages := make(chan told)
	go func() {
		defer close(messages)
		lines := bufio.NewScanner(response.Body)
		kind := ""
		for lines.Scan() {
			if after, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				kind = after
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data:"); ok {
				emit(t, messages, kind, []byte(data))
			}
		}
	}()
	return messages
}

func (l *live) openWebsocket(t *testing.T, s policy.Subject, document string) <-chan told {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), strings.Replace(l.url, "http", "ws", 1),
		&websocket.DialOptions{Subprotocols: []string{transport.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	subscribe, err := json.Marshal(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{"query": document}})
	if err != nil {
		t.Fatal(err)
	}
	initiate := `{"type":"connection_init","payload":{"Authorization":"` + s.ID.String() + `"}}`
	for _, m := range []string{initiate, string(subscribe)} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	messages := make(chan told)
	go func() {
		defer close(messages)
		for {
			_, raw, err := conn.Read(t.Context())
			if err != nil {
				return
			}
			var m struct {
				Type    string
				Payload json.RawMessage
			}
			if err := json.Unmarshal(raw, &m); err != nil {
				t.Error(err)
			}
			if m.Type == "next" || m.Type == "complete" || m.Type == "error" {
				emit(t, messages, m.Type, m.Payload)
			}
		}
	}()
	return messages
}

func emit(t *testing.T, messages chan<- told, kind string, payload []byte) {
	m := told{kind: kind}
	if len(bytes.TrimSpace(payload)) > 0 {
		m.Body = string(payload)
		if err := json.Unmarshal(payload, &m.answer); err != nil {
			t.Errorf("%s: %v", payload, err)
		}
	}
	select {
	case messages <- m:
	case <-t.Context().Done():
	}
}
