package graph_test

import (
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/policy"
)

func schema() *ast.Schema {
	return generated.NewExecutableSchema(generated.Config{}).Schema()
}

// Nothing in the schema is undecided: every root field says which decision it
// needs or that it shows the request alone, and every type of rows says which
// rows.
func TestNoFieldIsUndecided(t *testing.T) {
	t.Parallel()
	s := schema()
	for _, root := range []*ast.Definition{s.Query, s.Mutation, s.Subscription} {
		for _, f := range root.Fields {
			can, self := f.Directives.ForName("can"), f.Directives.ForName("self")
			switch {
			case f.Name == "__schema" || f.Name == "__type" || self != nil:
			case can == nil:
				t.Errorf("%s.%s bears neither @can nor @self", root.Name, f.Name)
			default:
				r := policy.Resource(can.Arguments.ForName("resource").Value.Raw)
				if r != "node" && !r.Known() {
					t.Errorf("%s.%s needs a decision about %q, which no policy knows", root.Name, f.Name, r)
				}
			}
		}
	}
	for name, def := range s.Types {
		d := def.Directives.ForName("resource")
		if slices.Contains(def.Interfaces, "Node") && d == nil {
			t.Errorf("type %s holds rows and bears no @resource", name)
		}
		var maskable []string
		if d != nil {
			r := policy.Resource(d.Arguments.ForName("type").Value.Raw)
			if !r.Known() {
				t.Errorf("type %s shows %q, which no policy knows", name, r)
			}
			maskable = r.Maskable()
		}
		for _, f := range def.Fields {
			m := f.Directives.ForName("maskable")
			if m == nil {
				continue
			}
			if !slices.Contains(maskable, m.Arguments.ForName("field").Value.Raw) {
				t.Errorf("%s.%s says it can be hidden, which no policy can say", name, f.Name)
			}
			if f.Type.NonNull {
				t.Errorf("%s.%s can be hidden and must be nullable", name, f.Name)
			}
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
