package attack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/server/stage"
)

// need is an action on a row type, as @can writes it.
type need struct{ action, resource string }

// anyNode is the resource of node and nodes: whatever the ids say.
const anyNode = "node"

// api is what the attack knows of the server's surface.
type api struct {
	schema *ast.Schema
	nodes  []string            // the types that have ids of their own
	tables map[string][]string // of rows of a resource
	// platform are the resources whose rows are the platform's, and no clinic's.
	platform map[string]bool
}

// readAPI reads the schema, and from the catalog which tables hold which row type.
func readAPI(ctx context.Context, conn *pgx.Conn) (*api, error) {
	a := &api{schema: generated.NewExecutableSchema(generated.Config{}).Schema(), tables: map[string][]string{}}
	for _, def := range a.schema.GetPossibleTypes(a.schema.Types["Node"]) {
		a.nodes = append(a.nodes, def.Name)
	}
	slices.Sort(a.nodes)
	rows, err := conn.Query(ctx, `select d.objoid::regclass::text, substr(d.description, 10) from pg_description d
		where d.classoid = 'pg_class'::regclass and d.objsubid = 0 and d.description like 'resource:%' order by 1`)
	if err != nil {
		return nil, fmt.Errorf("reading which tables hold what: %w", err)
	}
	var table, resource string
	_, err = pgx.ForEachRow(rows, []any{&table, &resource}, func() error {
		a.tables[resource] = append(a.tables[resource], table)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading which tables hold what: %w", err)
	}
	// Rows that are the platform's are no clinic's; who may ask for them is attacked
	// all the same.
	a.platform = map[string]bool{}
	rows, err = conn.Query(ctx, `select distinct substr(d.description, 10) from pg_description d
		where d.classoid = 'pg_class'::regclass and d.objsubid = 0 and d.description like 'platform:%'`)
	if err != nil {
		return nil, fmt.Errorf("reading what is the platform's: %w", err)
	}
	if _, err = pgx.ForEachRow(rows, []any{&resource}, func() error { a.platform[resource] = true; return nil }); err != nil {
		return nil, fmt.Errorf("reading what is the platform's: %w", err)
	}
	a.nodes = slices.DeleteFunc(a.nodes, func(name string) bool { return a.platform[a.resource(name)] })
	for _, name := range a.nodes {
		if len(a.tables[a.resource(name)]) == 0 {
			return nil, fmt.Errorf("no table holds the rows of %s", name)
		}
	}
	return a, nil
}

// fields are the root fields of an operation, without the schema's own.
func (a *api) fields(root *ast.Definition) []*ast.FieldDefinition {
	return slices.DeleteFunc(slices.Clone([]*ast.FieldDefinition(root.Fields)), func(f *ast.FieldDefinition) bool {
		return strings.HasPrefix(f.Name, "__")
	})
}

// needs are what a root field says that it needs; none for @self.
func needs(f *ast.FieldDefinition) []need {
	var all []need
	for _, d := range f.Directives.ForNames("can") {
		all = append(all, need{
			action:   strings.ToLower(d.Arguments.ForName("action").Value.Raw),
			resource: d.Arguments.ForName("resource").Value.Raw,
		})
	}
	return all
}

// resource is the row type that a type shows: its own, or that of the rows in a
// connection or an edge; empty for every other.
func (a *api) resource(typeName string) string {
	def := a.schema.Types[typeName]
	if def == nil {
		return ""
	}
	if d := def.Directives.ForName("resource"); d != nil {
		return d.Arguments.ForName("type").Value.Raw
	}
	if f := def.Fields.ForName("node"); f != nil && strings.HasSuffix(typeName, "Edge") {
		return a.resource(f.Type.Name())
	}
	if f := def.Fields.ForName("nodes"); f != nil && a.connection(typeName) {
		return a.resource(f.Type.Name())
	}
	return ""
}

// connection reports whether a type is a page of a list.
func (a *api) connection(typeName string) bool {
	def := a.schema.Types[typeName]
	return def != nil && strings.HasSuffix(typeName, "Connection") && def.Fields.ForName("pageInfo") != nil
}

// showing are the node types whose rows are of the resource.
func (a *api) showing(resource string) []string {
	var names []string
	for _, n := range a.nodes {
		if a.resource(n) == resource {
			names = append(names, n)
		}
	}
	return names
}

// ids are a clinic's ids under a type's name: of each table that may hold such
// rows up to most. Where several tables may, those of the others are tried too.
func (a *api) ids(c *stage.Clinic, typeName string, most int) []string {
	var ids []string
	for _, table := range a.tables[a.resource(typeName)] {
		rows := c.Rows[table]
		for _, row := range rows[:min(most, len(rows))] {
			ids = append(ids, nodeid.Encode(prefix(typeName), row))
		}
	}
	return ids
}

// prefix is what the ids of a type begin with.
func prefix(typeName string) string {
	var b strings.Builder
	runes := []rune(typeName)
	for i, r := range runes {
		lower := func(j int) bool { return j < len(runes) && unicode.IsLower(runes[j]) }
		if unicode.IsUpper(r) && i > 0 && (lower(i-1) || lower(i+1)) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// absent is an id like the one given, of a row that does not exist.
func absent(id string) string {
	p, row, err := nodeid.Decode(id)
	if err != nil {
		return id + "0"
	}
	row[14], row[15] = 0xff, ^row[15]
	return nodeid.Encode(p, row)
}
