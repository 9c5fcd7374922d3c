package graph_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/graph"
)

// newKeys makes a keyset of the test's own.
func newKeys(t *testing.T) *secret.Keyset {
	t.Helper()
	keys, err := secret.Create(filepath.Join(t.TempDir(), "keyset.json"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func encodeIntegration(id uuid.UUID) string { return nodeid.Encode("integration", id) }

// holdsNone looks for secrets in the whole database, row by row, and in the log:
// as they are, in hex as bytes show, and in base 64.
func (c clinicPair) holdsNone(t *testing.T, secrets ...string) {
	t.Helper()
	conn := c.super(t)
	rows, err := conn.Query(t.Context(), `select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables
		where schemaname not in ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil || len(tables) < 20 {
		t.Fatalf("%d tables: %v", len(tables), err)
	}
	for _, s := range secrets {
		for _, form := range []string{s, hex.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte(s))[:len(s)]} {
			for _, table := range tables {
				var n int
				if err := conn.QueryRow(t.Context(), `select count(*) from `+table+` t where strpos(t::text, $1) > 0`, form).Scan(&n); err != nil {
					t.Fatal(err)
				}
				if n > 0 {
					t.Errorf("%s holds %.4s… as %.4s…", table, s, form)
				}
			}
			if strings.Contains(c.log.String(), form) {
				t.Errorf("the log holds %.4s…", s)
			}
		}
	}
}

// everything selects all that a type of the schema shows, to a depth.
func everything(s *ast.Schema, typeName string, depth int) string {
	def := s.Types[typeName]
	if def.IsLeafType() {
		return ""
	}
	if def.IsAbstractType() { // node and nodes are asked for an integration
		return "{ __typename ... on Integration " + everything(s, "Integration", depth) + " }"
	}
	fields := " __typename"
	for _, f := range def.Fields {
		below := s.Types[f.Type.Name()]
		switch {
		case strings.HasPrefix(f.Name, "__"):
		case below.IsLeafType():
			fields += " " + f.Name
		case depth > 0:
			fields += " " + f.Name + " " + everything(s, f.Type.Name(), depth-1)
		}
	}
	return "{" + fields + " }"
}

// Whatever is asked of the schema, credentials and a webhook's secret do not
// come back; nor do they lie about in the database or the log.
func TestCredentialsNeverComeBack(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	s := schema()
	const key, nested = "sk-canary-0123456789-abcd", "canary-nested-0123456789"
	in := map[string]any{"provider": "VAPI", "credentials": map[string]any{"apiKey": key, "account": map[string]any{"token": nested}}}
	document := `mutation($in: ConnectIntegrationInput!) { connectIntegration(input: $in) ` + everything(s, "ConnectIntegrationPayload", 3) + ` }`
	connected := c.askWith(t, graph.Request{Subject: c.owner, Orgs: c.owner.Proven(), IdempotencyKey: "k"}, document, map[string]any{"in": in})
	if len(connected.Errors) > 0 || !strings.Contains(connected.Body, `"credentialsHint":"abcd"`) || strings.Contains(connected.Body, "canary") {
		t.Fatalf("connected: %s", connected.Body)
	}
	var id uuid.UUID
	if err := c.super(t).QueryRow(t.Context(), `select id from integrations`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	var once rotated
	c.ask(t, c.owner, rotateWebhook, map[string]any{"id": encodeIntegration(id)}).decode(t, &once)
	_, address, _ := strings.Cut(once.RotateIntegrationWebhook.Path, "/vapi/")
	secrets := []string{key, nested, "canary", address, once.RotateIntegrationWebhook.Secret}

	asked := 0
	for _, f := range s.Query.Fields {
		document := "{ " + f.Name + argumentsFor(f, encodeIntegration(id)) + " " + everything(s, f.Type.Name(), 2) + " }"
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		got := c.ask(t, c.owner, document, nil)
		if code := got.code(); code == "TOO_COMPLEX" || code == "BAD_USER_INPUT" || code == "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s was not asked: %.300s", f.Name, got.Body)
			continue
		}
		asked++
		for _, secret := range secrets {
			if strings.Contains(got.Body, secret) {
				t.Errorf("%s shows %.6s…: %.300s", f.Name, secret, got.Body)
			}
		}
		if strings.HasPrefix(f.Name, "integration") && !strings.Contains(got.Body, `"hasWebhook":true`) {
			t.Errorf("%s does not show the integration: %.300s", f.Name, got.Body)
		}
	}
	if asked < 20 {
		t.Errorf("only %d fields were asked", asked)
	}
	c.holdsNone(t, secrets...)

	// Inputs alone may have a name for a secret; so may what shows one once.
	for name, def := range s.Types {
		for _, f := range def.Fields {
			words := strings.ToLower(f.Name)
			once := name == "RotateIntegrationWebhookPayload" || def.Kind == ast.InputObject || strings.HasSuffix(name, "Payload")
			if (strings.Contains(words, "secret") || words == "credentials" || strings.Contains(words, "keyhash")) && !once {
				t.Errorf("%s.%s sounds like a secret", name, f.Name)
			}
		}
	}
}

// argumentsFor gives a field the arguments that it must have.
func argumentsFor(f *ast.FieldDefinition, id string) string {
	var args []string
	for _, a := range f.Arguments {
		switch a.Name {
		case "id":
			args = append(args, fmt.Sprintf("id: %q", id))
		case "ids":
			args = append(args, fmt.Sprintf("ids: [%q]", id))
		case "from", "to":
			args = append(args, a.Name+`: "2026-11-20"`)
		case "first":
			args = append(args, "first: 2")
		}
	}
	if len(args) == 0 {
		return ""
	}
	return "(" + strings.Join(args, ", ") + ")"
}

// A server without a keyset keeps no secret, and says so.
func TestWithoutAKeysetNothingIsKept(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	*c.keys = secret.Keyset{}
	in := map[string]any{"provider": "VAPI", "credentials": map[string]any{"apiKey": "sk-canary-0123456789"}}
	if got := c.ask(t, c.owner, connectIntegration, map[string]any{"in": in}); got.code() != "UNAVAILABLE" {
		t.Errorf("connected: %s", got.Body)
	}
	got := c.askWith(t, graph.Request{Subject: c.owner, Orgs: c.owner.Proven(), IdempotencyKey: "k"}, rename, map[string]any{"name": "Sunset"})
	if got.code() != "UNAVAILABLE" {
		t.Errorf("remembered: %s", got.Body)
	}
	if n := c.count(t, `select (select count(*) from integrations) + (select count(*) from idempotency_keys) + (select count(*) from organizations where name = 'Sunset')`); n != 0 {
		t.Error("something was half done")
	}
}
