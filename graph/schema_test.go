package graph_test

import (
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
)

func schema() *ast.Schema { return graph.Schema() }

// Nothing in the schema is undecided, and each thing that could be is seen.
func TestNoFieldIsUndecided(t *testing.T) {
	t.Parallel()
	if got := graph.Undecided(schema()); len(got) > 0 {
		t.Errorf("%q", got)
	}
	base, err := os.ReadFile("schema/base.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	const call = `type Call implements Node @resource(type: "call") { id: ID! transcript: String @maskable(field: "transcript") }`
	for _, tc := range []struct{ name, planted, want string }{
		{"nothing", call + ` extend type Query { call: Call @can(action: READ, resource: "call") me: String @self }`, ""},
		{"a root field", `extend type Query { count: Int }`, "Query.count bears neither @can nor @self"},
		{"a mutation", `type Mutation { erase: Int }`, "Mutation.erase bears neither @can nor @self"},
		{"a subscription", `type Subscription { calls: Int }`, "Subscription.calls bears neither @can nor @self"},
		{
			"an unknown row type", `extend type Query { pets: Int @can(action: READ, resource: "pet") }`,
			"Query.pets needs a decision about pet, which no policy knows",
		},
		{
			"a type of rows", `type Pet implements Node { id: ID! }`,
			"type Pet holds rows and bears no @resource; type Pet, which Query.node leads to, shows values and bears no @resource",
		},
		{"a type of unknown rows", `type Pet implements Node @resource(type: "pet") { id: ID! }`, "type Pet shows pet, which no policy knows"},
		{
			"values without a row", `type Totals { calls: Int } type TotalsPayload { of: Totals } extend type Query { totals: TotalsPayload @can(action: READ, resource: "call") }`,
			"type Totals, which Query.totals leads to, shows values and bears no @resource",
		},
		{
			"what nothing hides", `type Call implements Node @resource(type: "call") { id: ID! agent: String @maskable(field: "agent") }`,
			"Call.agent says it can be hidden, which no policy can say",
		},
		{
			"what cannot be null", `type Call implements Node @resource(type: "call") { id: ID! transcript: String! @maskable(field: "transcript") }`,
			"Call.transcript can be hidden and must be nullable",
		},
	} {
		planted, err := gqlparser.LoadSchema(&ast.Source{Input: string(base)}, &ast.Source{Input: tc.planted})
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if got := strings.Join(graph.Undecided(planted), "; "); got != tc.want {
			t.Errorf("%s: %q", tc.name, got)
		}
	}
}

// Every type with an id can be found by it: a made-up id of each is a null, and
// asks for a decision about its rows.
func TestEveryNodeHasALoader(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	owner := member(org, "sunrise", policy.Owner)
	for _, def := range schema().GetPossibleTypes(schema().Types["Node"]) {
		prefix := snake(def.Name)
		got := a.ask(t, owner, `query($id: ID!) { node(id: $id) { id __typename } }`, map[string]any{"id": nodeid.Encode(prefix, org)})
		if def.Name != "Organization" && (got.code() != "" || string(got.Data) != `{"node":null}`) {
			t.Errorf("%s: %s", prefix, got.Body)
		}
		r := def.Directives.ForName("resource").Arguments.ForName("type").Value.Raw
		if n := a.count(t, `select count(*) from audit_decisions where resource = $1`, r); n == 0 {
			t.Errorf("%s: no decision about %s was recorded", prefix, r)
		}
	}
}

func snake(name string) string {
	out := []byte{}
	for i := range len(name) {
		c := name[i]
		lower := func(j int) bool { return j < len(name) && name[j] >= 'a' && name[j] <= 'z' }
		if c >= 'A' && c <= 'Z' {
			if i > 0 && (lower(i-1) || lower(i+1)) {
				out = append(out, '_')
			}
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return string(out)
}
