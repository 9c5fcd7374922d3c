package graph_test

import (
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
)

const (
	integrationFields = `{ id provider status settings hasCredentials credentialsHint hasWebhook }`

	connectIntegration    = `mutation($in: ConnectIntegrationInput!) { connectIntegration(input: $in) { integration ` + integrationFields + ` } }`
	disconnectIntegration = `mutation($id: ID!) { disconnectIntegration(id: $id) { integration ` + integrationFields + ` } }`
	rotateWebhook         = `mutation($id: ID!, $method: WebhookAuthMethod! = SECRET) { rotateIntegrationWebhook(id: $id, method: $method) { path secret integration ` + integrationFields + ` } }`
)

type integrationRow struct {
	ID, Provider, Status, CredentialsHint string
	Settings                              map[string]any
	HasCredentials, HasWebhook            bool
}

// connect connects a provider as an admin.
func (c clinicPair) connect(t *testing.T, who policy.Subject, in map[string]any) integrationRow {
	t.Helper()
	var out struct {
		ConnectIntegration struct{ Integration integrationRow }
	}
	c.ask(t, who, connectIntegration, map[string]any{"in": in}).decode(t, &out)
	return out.ConnectIntegration.Integration
}

// column reads a bytea column of an integration past every wall.
func (c clinicPair) column(t *testing.T, id, column string) []byte {
	t.Helper()
	var value []byte
	if err := c.super(t).QueryRow(t.Context(), `select `+column+` from integrations where id = $1`, rowID(t, id)).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// A provider is connected, its key replaced, and at last it is forgotten.
func TestAnIntegrationsLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	vapi := c.connect(t, c.admin, map[string]any{
		"provider": "VAPI", "settings": map[string]any{"region": "eu"}, "credentials": map[string]any{"apiKey": "sk-canary-0001-abcd", "id": "x"},
	})
	if vapi.Provider != "VAPI" || vapi.Status != "CONNECTED" || !vapi.HasCredentials || vapi.CredentialsHint != "abcd" || vapi.HasWebhook || vapi.Settings["region"] != "eu" {
		t.Errorf("connected: %+v", vapi)
	}
	sealed := c.column(t, vapi.ID, "credentials")
	here := secret.Place{Org: c.own, Row: rowID(t, vapi.ID), Column: secret.IntegrationCredentials}
	if plain, err := c.keys.Open(sealed, here.Bytes()); err != nil || string(plain) != `{"apiKey":"sk-canary-0001-abcd","id":"x"}` {
		t.Errorf("kept: %s, %v", plain, err)
	}
	// Moved to another clinic, row or column, it does not open.
	for name, move := range map[string]func(*secret.Place){
		"org": func(p *secret.Place) { p.Org = c.other }, "row": func(p *secret.Place) { p.Row = uuid.New() },
		"column": func(p *secret.Place) { p.Column = secret.IntegrationWebhookSecret },
	} {
		there := here
		move(&there)
		if plain, err := c.keys.Open(sealed, there.Bytes()); err == nil {
			t.Errorf("under another %s it opens: %s", name, plain)
		}
	}

	again := c.connect(t, c.admin, map[string]any{"provider": "VAPI", "credentials": map[string]any{"apiKey": "sk-canary-0002-wxyz"}})
	if again.ID != vapi.ID || again.CredentialsHint != "wxyz" || again.Settings["region"] != "eu" {
		t.Errorf("replaced: %+v", again)
	}
	short := c.connect(t, c.admin, map[string]any{"provider": "VAPI", "credentials": map[string]any{"pin": "canary-1"}})
	if !short.HasCredentials || short.CredentialsHint != "" {
		t.Errorf("half of a short secret shows: %+v", short)
	}
	theirs := c.connect(t, member(c.other, "harbor", policy.Owner), map[string]any{"provider": "VAPI", "credentials": map[string]any{"apiKey": "canary-harbor-0003"}})
	if theirs.ID == vapi.ID || c.count(t, `select count(*) from integrations`) != 2 {
		t.Error("two clinics share an integration")
	}
	const list = `{ integrations { totalCount nodes { id provider hasCredentials } } }`
	if got := c.ask(t, c.admin, list, nil); !strings.Contains(got.Body, `{"totalCount":1,"nodes":[{"id":"`+vapi.ID) {
		t.Errorf("integrations: %s", got.Body)
	}
	if got := c.ask(t, c.staff, list, nil); got.code() != "FORBIDDEN" {
		t.Errorf("staff: %s", got.Body)
	}

	c.ask(t, c.admin, rotateWebhook, map[string]any{"id": vapi.ID}).decode(t, &struct{}{})
	for range 2 {
		got := c.ask(t, c.admin, disconnectIntegration, map[string]any{"id": vapi.ID})
		want := `"status":"DISCONNECTED","settings":{"region":"eu"},"hasCredentials":false,"credentialsHint":null,"hasWebhook":false`
		if !strings.Contains(got.Body, want) {
			t.Errorf("disconnected: %s", got.Body)
		}
	}
	if n := c.count(t, `select count(*) from integrations where org_id = $1 and credentials is null and credentials_hint is null
		and webhook_key_hash is null and webhook_secret is null and webhook_auth is null`, c.own); n != 1 {
		t.Error("something of it is left")
	}
	if got := c.ask(t, c.admin, rotateWebhook, map[string]any{"id": vapi.ID}); got.code() != "CONFLICT" {
		t.Errorf("a webhook of a disconnected integration: %s", got.Body)
	}
	for _, a := range []policy.Action{policy.Create, policy.Update} {
		if n := c.recorded(t, c.admin, a, policy.Integration); n < 3 {
			t.Errorf("%d records of %s", n, a)
		}
	}
}

func TestIntegrationsOfOthers(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	foreign := c.row(t, "integration", "integrations", c.other, map[string]any{"provider": "vapi", "status": "connected", "credentials": []byte("x")})
	c.refuses(t, c.owner, disconnectIntegration, nil, foreign)
	c.refuses(t, c.owner, rotateWebhook, nil, foreign)
	if got := c.ask(t, c.viewer, connectIntegration, map[string]any{"in": map[string]any{"provider": "VAPI", "credentials": map[string]any{"k": "v"}}}); got.code() != "FORBIDDEN" {
		t.Errorf("a viewer: %s", got.Body)
	}
	if got := c.ask(t, c.owner, `query($id: ID!) { integration(id: $id) { id } node(id: $id) { id } }`, map[string]any{"id": foreign}); string(got.Data) != `{"integration":null,"node":null}` {
		t.Errorf("a foreign integration shows: %s", got.Body)
	}
	if n := c.count(t, `select count(*) from integrations where status = 'connected' and credentials is not null and webhook_key_hash is null`); n != 1 {
		t.Error("the other clinic's integration was touched")
	}
}

// A subject that may create but not change is refused, and not shown an error
// of ours.
func TestConnectingNeedsBothRights(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	partner := c.partner(policy.Grant{
		Actions: []policy.Action{policy.Read, policy.Create}, Resources: []policy.Resource{policy.Integration},
		Starts: longAgo, Expires: farAhead,
	}, "integration:read", "integration:create")
	got := c.askWith(t, partner, connectIntegration, map[string]any{"in": map[string]any{"provider": "VAPI", "credentials": map[string]any{"k": "canary"}}})
	if got.code() != "FORBIDDEN" || strings.Contains(got.Body, "canary") || c.count(t, `select count(*) from integrations`) != 0 {
		t.Errorf("with half the right: %s", got.Body)
	}
}

func TestIntegrationsThatCouldNotBe(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for name, in := range map[string]map[string]any{
		"no credentials":    {"credentials": map[string]any{}},
		"large credentials": {"credentials": map[string]any{"canary": strings.Repeat("canary", 3000)}},
		"large settings":    {"settings": map[string]any{"x": strings.Repeat("canary", 3000)}},
		"a NUL":             {"credentials": map[string]any{"apiKey": "canary\x00"}},
		"a secret setting":  {"settings": map[string]any{"api_key": "canary"}},
		"another":           {"settings": map[string]any{"authToken": "canary"}},
	} {
		whole := map[string]any{"provider": "VAPI", "credentials": map[string]any{"apiKey": "canary-0123456789"}}
		maps.Copy(whole, in)
		if got := c.ask(t, c.admin, connectIntegration, map[string]any{"in": whole}); got.code() != "BAD_USER_INPUT" || strings.Contains(got.Body, "canary") {
			t.Errorf("%s: %.300s", name, got.Body)
		}
	}
	// What does not even have the right shape is not quoted either.
	for _, document := range []string{
		`mutation { connectIntegration(input: {provider: VAPI, credentials: "canary"}) { integration { id } } }`,
		`mutation { connectIntegration(input: {provider: VAPI, credentials: ["canary"]}) { integration { id } } }`,
	} {
		if got := c.ask(t, c.admin, document, nil); got.code() != "BAD_USER_INPUT" || strings.Contains(got.Body, "canary") {
			t.Errorf("%s: %s", document, got.Body)
		}
	}
	twilio := c.row(t, "integration", "integrations", c.own, map[string]any{"provider": "twilio", "status": "connected"})
	if got := c.ask(t, c.admin, rotateWebhook, map[string]any{"id": twilio}); got.code() != "BAD_USER_INPUT" {
		t.Errorf("a webhook for Twilio: %s", got.Body)
	}
	if n := c.count(t, `select count(*) from integrations where provider = 'vapi' or webhook_key_hash is not null`); n != 0 {
		t.Error("something was half done")
	}
	if strings.Contains(c.log.String(), "canary") {
		t.Error("the log quotes credentials")
	}
}

// Many who connect at once share one row, and what it keeps opens.
func TestConnectingAtOnce(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			in := map[string]any{"provider": "VAPI", "credentials": map[string]any{"apiKey": "sk-canary-000" + string(rune('0'+i))}}
			if got := c.ask(t, c.admin, connectIntegration, map[string]any{"in": in}); len(got.Errors) > 0 {
				t.Errorf("at once: %s", got.Body)
			}
		})
	}
	all.Wait()
	if n := c.count(t, `select count(*) from integrations`); n != 1 {
		t.Fatalf("%d integrations", n)
	}
	var id uuid.UUID
	if err := c.super(t).QueryRow(t.Context(), `select id from integrations`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	here := secret.Place{Org: c.own, Row: id, Column: secret.IntegrationCredentials}
	if _, err := c.keys.Open(c.column(t, nodeid.Encode("integration", id), "credentials"), here.Bytes()); err != nil {
		t.Error(err)
	}
}
