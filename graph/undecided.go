package graph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/policy"
)

// Schema is the schema that is served.
func Schema() *ast.Schema {
	return generated.NewExecutableSchema(generated.Config{}).Schema()
}

// Undecided lists, in a stable order, what of a schema could be asked for
// without a decision: root fields that bear neither @can nor @self, types of
// rows without @resource, row types that no policy knows, and fields that say
// they can be hidden where nothing can hide them.
func Undecided(schema *ast.Schema) []string {
	u := undecided{schema: schema, seen: map[string]bool{}}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root != nil {
			u.root(root)
		}
	}
	for _, def := range schema.Types {
		u.rows(def)
	}
	slices.Sort(u.found)
	return slices.Compact(u.found)
}

type undecided struct {
	schema *ast.Schema
	seen   map[string]bool
	found  []string
}

func (u *undecided) say(what string) { u.found = append(u.found, what) }

func (u *undecided) root(root *ast.Definition) {
	for _, f := range root.Fields {
		name := root.Name + "." + f.Name
		cans := cansOf(f)
		switch {
		case strings.HasPrefix(f.Name, "__"):
		case f.Directives.ForName("self") != nil && len(cans) == 0:
		case len(cans) == 0:
			u.say(name + " bears neither @can nor @self")
		default:
			for _, n := range cans {
				if n.resource != nodeResource && !n.resource.Known() {
					u.say(name + " needs a decision about " + string(n.resource) + ", which no policy knows")
				}
			}
			u.follow(name, u.schema.Types[f.Type.Name()])
		}
	}
}

// follow goes from a root field down to types of rows. On the way there are
// connections, edges and payloads, which hold no values of rows themselves.
func (u *undecided) follow(from string, def *ast.Definition) {
	if def == nil || u.seen[def.Name] || def.IsLeafType() {
		return
	}
	u.seen[def.Name] = true
	if _, ok := resourceOf(def); ok || def.Name == "PageInfo" {
		return
	}
	for _, f := range def.Fields {
		below := u.schema.Types[f.Type.Name()]
		if below != nil && !below.IsLeafType() {
			u.follow(from, below)
			continue
		}
		if def.IsAbstractType() || strings.HasPrefix(f.Name, "__") {
			continue
		}
		if !slices.ContainsFunc([]string{"Connection", "Edge", "Payload"}, func(end string) bool { return strings.HasSuffix(def.Name, end) }) {
			u.say("type " + def.Name + ", which " + from + " leads to, shows values and bears no @resource")
			return
		}
	}
	for _, possible := range u.schema.GetPossibleTypes(def) {
		u.follow(from, possible)
	}
}

// rows holds a type to what types of rows must say.
func (u *undecided) rows(def *ast.Definition) {
	r, ok := resourceOf(def)
	switch {
	case ok && !r.Known():
		u.say("type " + def.Name + " shows " + string(r) + ", which no policy knows")
	case !ok && slices.Contains(def.Interfaces, "Node"):
		u.say("type " + def.Name + " holds rows and bears no @resource")
	}
	for _, f := range def.Fields {
		d := f.Directives.ForName("maskable")
		if d == nil {
			continue
		}
		if !ok || !slices.Contains(policy.Resource.Maskable(r), d.Arguments.ForName("field").Value.Raw) {
			u.say(def.Name + "." + f.Name + " says it can be hidden, which no policy can say")
		}
		if f.Type.NonNull {
			u.say(def.Name + "." + f.Name + " can be hidden and must be nullable")
		}
	}
}
