package attack

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/stage"
)

// What the generator does not know how to attack is an error and no gap: an id
// whose name tells no type, and a scalar of which it knows no value.
func TestWhatIsNotKnownIsAnError(t *testing.T) {
	t.Parallel()
	const base = `
		directive @can(action: String!, resource: String!) repeatable on FIELD_DEFINITION
		directive @resource(type: String!) on OBJECT
		scalar Blob
		interface Node { id: ID! }
		type Call implements Node @resource(type: "call") { id: ID! }
		input Deep { inner: Inner! }
		input Inner { callId: ID, mysteryId: ID, blob: Blob }
		type Query {
			call(id: ID!): Call @can(action: "READ", resource: "call")
			callsOf(callIds: [ID!]!): [Call] @can(action: "READ", resource: "call")
			deep(in: Deep!): Call @can(action: "READ", resource: "call")
			mystery(mysteryId: ID!): Call @can(action: "READ", resource: "call")
			stray(id: ID!): Call @can(action: "READ", resource: "nothing")
			blob(blob: Blob!): Call @can(action: "READ", resource: "call")
		}`
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: base})
	if err != nil {
		t.Fatal(err)
	}
	a := &api{schema: schema, nodes: []string{"Call"}}
	for name, want := range map[string]string{
		"call": "", "callsOf": "", "deep": "in.inner.mysteryId", "mystery": "mysteryId", "stray": "id", "blob": "Blob",
	} {
		f := schema.Query.Fields.ForName(name)
		slots, err := a.slots(f)
		if err == nil {
			ids := map[string]string{}
			for _, s := range slots {
				ids[s.path] = "$?"
			}
			_, err = a.arguments(f, filling{ids: ids, full: true})
		}
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want an error about %s", name, err, want)
		}
	}
}

// A route that nobody wrote an attack for is an error, before anything is tried.
func TestARouteWithoutAnAttackIsAnError(t *testing.T) {
	t.Parallel()
	s := stage.Prepare(t)
	w := stage.Populate(t, s)
	s.Deps.Routes = func(*server.App) []server.Route {
		return []server.Route{{Pattern: "GET /export/{clinic}", Handler: http.NotFoundHandler()}}
	}
	s.Start(t)
	a := &attack{Config: Config{Stage: s, World: w}}
	if err := a.routes(t.Context()); err == nil || !strings.Contains(err.Error(), "/export/") {
		t.Errorf("%v, want an error about the route", err)
	}
}

// The model's own words: who may see what, in a few lines that a person can
// check against the design.
func TestTheModelIsTheDesigns(t *testing.T) {
	t.Parallel()
	for role, lacks := range map[policy.Role][]string{
		policy.Viewer: {"recording", "recording_queue", "integration", "membership", "audit_decision", "api_key", "access_grant"},
		policy.Staff:  {"integration", "membership", "audit_decision", "api_key", "access_grant", "webhook_endpoint"},
	} {
		for _, resource := range lacks {
			if byRole[role][resource] != "" {
				t.Errorf("a %s has rights on %s", role, resource)
			}
		}
	}
	for kind, rights := range everywhere {
		for _, health := range []string{"call", "contact", "appointment", "recording", "escalation", "call_stats", "knowledge_article"} {
			if rights[health] != "" {
				t.Errorf("%s sees %s of every clinic", kind, health)
			}
		}
	}
	for resource, letters := range inEmergency {
		if letters != "r" {
			t.Errorf("support does %s to %s", letters, resource)
		}
	}
}
