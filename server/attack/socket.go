package attack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// patience bounds what is waited for on a connection that should end.
const patience = 20 * time.Second

// frame is a message of graphql-transport-ws.
type frame struct {
	ID      string `json:"id,omitempty"`
	Type    string `json:"type"`
	Payload any    `json:"payload,omitempty"`
}

// sockets open connections: with their own credential, and with parameters that
// name other clinics and other people.
func (a *attack) sockets(ctx context.Context) error {
	for _, who := range a.everybody() {
		bearer := "Bearer " + who.Credential
		if who.chosen == nil && !who.Gone {
			for _, c := range a.World.Clinics() {
				if slices.ContainsFunc(who.places, func(p place) bool { return p.clinic == c }) {
					continue
				}
				for name, payload := range map[string]map[string]any{
					"a clinic":       {"Authorization": bearer, "X-Cascade-Org": c.Slug},
					"a clinic's id":  {"Authorization": bearer, "x-cascade-org": c.ID.String()},
					"a second token": {"Authorization": bearer, "authorization": "Bearer " + a.World.Subject("owner B").Credential},
				} {
					if err := a.socket(ctx, who, "connection_init with "+name, payload, false); err != nil {
						return err
					}
				}
			}
		}
		payload := map[string]any{"Authorization": bearer, "org_id": a.World.C.ID, "user_metadata": map[string]any{"org_id": a.World.C.ID}}
		if who.chosen != nil {
			payload["X-Cascade-Org"] = who.chosen.slug
		}
		if err := a.socket(ctx, who, "a connection", payload, !who.Gone); err != nil {
			return err
		}
	}
	return nil
}

// socket opens one connection and asks on it for everybody's calls.
func (a *attack) socket(ctx context.Context, who *stance, name string, payload map[string]any, opens bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, a.client.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return fmt.Errorf("opening a connection: %w", err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 22)
	var ids []string
	for _, c := range a.World.Clinics() {
		ids = append(ids, a.api.ids(c, "Call", 3)...)
	}
	messages := []frame{
		{Type: "connection_init", Payload: payload},
		{ID: "1", Type: "subscribe", Payload: map[string]any{
			"query": `query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Call ` + a.api.selection("Call", 1) + ` } }`, "variables": map[string]any{"ids": ids},
		}},
	}
	heard, closed := converse(ctx, conn, messages)
	if ctx.Err() != nil {
		return fmt.Errorf("%s as %s: %w", name, who, ctx.Err())
	}
	got := answer{status: http.StatusOK, body: strings.Join(heard, "\n"), decoded: map[string]any{}}
	for i, text := range heard {
		var m any
		if json.Unmarshal([]byte(text), &m) == nil {
			got.decoded[fmt.Sprint(i)] = m
		}
	}
	a.judged(shot{name: name, cells: len(ids), who: who}, got, 1)
	if closed == opens {
		a.tell(&a.report.Unexpected, name+" as "+who.String()+": ", []string{fmt.Sprintf("closed is %v: %s", closed, clip(got.body))})
	}
	return nil
}

// converse sends each message once the one before was answered. It tells what
// it heard, and whether the connection was closed on it.
func converse(ctx context.Context, conn *websocket.Conn, messages []frame) (heard []string, closed bool) {
	for _, m := range messages {
		if err := wsjson.Write(ctx, conn, m); err != nil {
			return heard, true
		}
		for answered := false; !answered; {
			var got json.RawMessage
			if err := wsjson.Read(ctx, conn, &got); err != nil {
				return heard, true
			}
			heard = append(heard, string(got))
			answered = !strings.Contains(string(got), `"type":"next"`) && !strings.Contains(string(got), `"type":"ping"`)
		}
	}
	return heard, false
}
