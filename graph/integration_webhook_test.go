package graph_test

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

var (
	longAgo  = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	farAhead = time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)
)

type rotated struct {
	RotateIntegrationWebhook struct{ Path, Secret string }
}

// directory asks as the webhook's receiver does, with nothing but the address.
func (c clinicPair) directory(t *testing.T, path string) (auth vapi.Auth, sealed []byte, id uuid.UUID) {
	t.Helper()
	key, ok := strings.CutPrefix(path, "/webhooks/vapi/")
	if !ok {
		t.Fatalf("path %q", path)
	}
	hash := sha256.Sum256([]byte(key))
	var found []byte
	if err := c.super(t).QueryRow(t.Context(), `select app.directory_webhook($1)`, hash[:]).Scan(&found); err != nil {
		t.Fatal(err)
	}
	if found == nil {
		return auth, nil, uuid.Nil
	}
	var row struct {
		OrgID  uuid.UUID `json:"org_id"`
		ID     uuid.UUID
		Auth   vapi.Auth
		Secret string
	}
	if err := json.Unmarshal(found, &row); err != nil {
		t.Fatal(err)
	}
	if row.OrgID != c.own {
		t.Errorf("the address leads to %s", row.OrgID)
	}
	return row.Auth, c.column(t, encodeIntegration(row.ID), "webhook_secret"), row.ID
}

// What a rotation gives is what the webhook's receiver accepts, at once and
// alone: the address before it leads nowhere, the secret before it proves
// nothing.
func TestARotatedWebhookIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	id := c.connect(t, c.admin, map[string]any{"provider": "VAPI", "credentials": map[string]any{"apiKey": "sk-canary-0001-abcd"}}).ID
	var before rotated
	for _, step := range []struct {
		method string
		prove  func(secret string) http.Header
	}{
		{"SECRET", func(s string) http.Header { return http.Header{"X-Vapi-Secret": {s}} }},
		{"BEARER", func(s string) http.Header { return http.Header{"Authorization": {"Bearer " + s}} }},
		{"HMAC", nil},
	} {
		var now rotated
		c.ask(t, c.admin, rotateWebhook, map[string]any{"id": id, "method": step.method}).decode(t, &now)
		out := now.RotateIntegrationWebhook
		if !regexp.MustCompile(`^/webhooks/vapi/[0-9A-Za-z]{27}$`).MatchString(out.Path) || !regexp.MustCompile(`^[0-9A-Za-z]{43}$`).MatchString(out.Secret) {
			t.Errorf("%s: %+v", step.method, out)
		}
		auth, sealed, row := c.directory(t, out.Path)
		if string(auth.Method) != strings.ToLower(step.method) {
			t.Errorf("%s: the receiver reads %+v", step.method, auth)
		}
		plain, err := c.keys.Open(sealed, secret.Place{Org: c.own, Row: row, Column: secret.IntegrationWebhookSecret}.Bytes())
		if err != nil || string(plain) != out.Secret {
			t.Errorf("%s: the secret does not open: %v", step.method, err)
		}
		if step.prove != nil {
			request := vapi.Request{Header: step.prove(out.Secret), Body: []byte(`{}`)}
			if err := auth.Verify(plain, request, time.Now()); err != nil {
				t.Errorf("%s: the receiver refuses: %v", step.method, err)
			}
			if err := auth.Verify(plain, vapi.Request{Header: step.prove(before.RotateIntegrationWebhook.Secret), Body: []byte(`{}`)}, time.Now()); err == nil {
				t.Errorf("%s: the old secret still proves", step.method)
			}
		}
		if path := before.RotateIntegrationWebhook.Path; path != "" {
			if _, _, row := c.directory(t, path); row != uuid.Nil {
				t.Errorf("%s: the old address still leads to %s", step.method, row)
			}
		}
		before = now
	}
}

// A rotation that was answered into a broken line is asked for again with its
// Idempotency-Key: the same address and secret come back, and the table that
// remembers them holds neither.
func TestARememberedSecretIsSealed(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	id := c.connect(t, c.admin, map[string]any{"provider": "VAPI", "credentials": map[string]any{"apiKey": "sk-canary-0001-abcd"}}).ID
	ask := func(key, method string) answer {
		return c.askWith(t, graph.Request{Subject: c.admin, Orgs: c.admin.Proven(), IdempotencyKey: key}, rotateWebhook, map[string]any{"id": id, "method": method})
	}
	first, again := ask("k1", "SECRET"), ask("k1", "SECRET")
	var out rotated
	first.decode(t, &out)
	if string(first.Data) != string(again.Data) || again.Extensions["idempotentReplayed"] != true {
		t.Errorf("first %s\nagain %s", first.Body, again.Body)
	}
	if other := ask("k1", "HMAC"); other.code() != "CONFLICT" {
		t.Errorf("the key with another request: %s", other.Body)
	}
	if n := c.count(t, `select count(*) from idempotency_keys where response ? 'sealed' and octet_length(fingerprint) = 32`); n != 1 {
		t.Errorf("%d sealed answers", n)
	}
	key, _ := strings.CutPrefix(out.RotateIntegrationWebhook.Path, "/webhooks/vapi/")
	c.holdsNone(t, key, out.RotateIntegrationWebhook.Secret)

	// An answer put under another key of the same person is not given.
	c.ask(t, c.admin, rotateWebhook, map[string]any{"id": id}).decode(t, &out)
	second := ask("k2", "SECRET")
	second.decode(t, &out)
	c.Exec(t, `update idempotency_keys t set response = f.response, fingerprint = f.fingerprint from idempotency_keys f where t.key = 'k2' and f.key = 'k1'`)
	if moved := ask("k2", "SECRET"); moved.code() != "INTERNAL" || strings.Contains(moved.Body, "/webhooks/") {
		t.Errorf("a moved answer: %s", moved.Body)
	}
}
