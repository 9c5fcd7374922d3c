package server_test

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket/wsjson"

	"github.com/voxanne/cascade/ent/secret"
)

// A call's whole way: Vapi reports it, it is kept, and a dashboard that watches
// the clinic is told, and another clinic's is not.
func TestACallComesFromThePhoneToTheDashboard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sunrise, harbor := s.clinic(t, "sunrise"), s.clinic(t, "harbor")
	nurse, stranger := s.member(t, "nurse", "staff", sunrise), s.member(t, "stranger", "staff", harbor)
	integration, hash := newID(), sha256.Sum256([]byte("whk_sunrise"))
	sealed, err := s.keys.Seal([]byte("shared"), secret.Place{Org: sunrise, Row: integration, Column: "integrations.webhook_secret"}.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s.Exec(t, `insert into integrations (org_id, id, provider, status, webhook_key_hash, webhook_auth, webhook_secret)
		values ($1, $2, 'vapi', 'connected', $3, '{"method":"secret"}', $4)`, sunrise, integration, hash[:], sealed)

	watching := func(token string) func(context.Context) (string, error) {
		conn := s.dial(t, nil, map[string]any{"Authorization": "Bearer " + token})
		if _, err := next(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		err := wsjson.Write(t.Context(), conn, message{ID: "1", Type: "subscribe", Payload: map[string]string{
			"query": `subscription { callChanged { call { providerCallId status } } }`,
		}})
		if err != nil {
			t.Fatal(err)
		}
		return func(ctx context.Context) (string, error) { return next(ctx, conn) }
	}
	own, other := watching(nurse), watching(stranger)

	const report = `{"message":{"type":"status-update","status":"in-progress","timestamp":1764000000000,
		"call":{"id":"7f9c2b1e-52a5-4d6e-9a3f-0c1d2e3f4a5b","type":"inboundPhoneCall","createdAt":"2026-11-23T10:00:00.000Z",
		"customer":{"number":"+15550142901"}}}}`
	post := func(key, secret string) answer {
		return s.do(t, http.MethodPost, "/webhooks/vapi/"+key, report, "Content-Type: application/json", "X-Vapi-Secret: "+secret)
	}
	if got := post("whk_nobody", "shared"); got.Status != http.StatusNotFound || !strings.Contains(got.Body, `"requestId"`) {
		t.Errorf("nobody's address: %d %s", got.Status, got.Body)
	}
	if got := post("whk_sunrise", "guessed"); got.Status != http.StatusUnauthorized {
		t.Errorf("a wrong secret: %d %s", got.Status, got.Body)
	}
	// The stream may open a moment after its message was taken: report until heard.
	heard := make(chan string, 1)
	go func() {
		got, err := own(t.Context())
		if err != nil {
			got = err.Error()
		}
		heard <- got
	}()
	var event string
	eventually(t, "the dashboard is told", func() bool {
		if got := post("whk_sunrise", "shared"); got.Status != http.StatusOK {
			t.Fatalf("%d %s", got.Status, got.Body)
		}
		s.Exec(t, `delete from webhook_inbox`)
		select {
		case event = <-heard:
			return true
		default:
			return false
		}
	})
	if !strings.Contains(event, "7f9c2b1e") || !strings.Contains(event, "IN_PROGRESS") {
		t.Errorf("event: %s", event)
	}
	if got := s.ask(t, calls, bearer(nurse)); strings.Count(got.Body, `"id"`) != 2 {
		t.Errorf("the list: %s", got.Body)
	}
	quiet, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if got, err := other(quiet); err == nil {
		t.Errorf("another clinic heard %s", got)
	}
	if strings.Contains(s.log.String(), "whk_") || strings.Contains(s.log.String(), "shared") {
		t.Error("the log holds an address's key, or a secret")
	}
}
