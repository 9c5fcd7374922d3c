package attack

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

// own are a clinic's ids at the places that are required, or at all.
func (w writes) own(c *stage.Clinic, slots []slot, all bool) map[string]string {
	if c == nil {
		c = w.world.A
	}
	ids := map[string]string{}
	for _, s := range slots {
		if s.required || all {
			rows := c.Rows[w.table(s.types[0])]
			ids[s.path] = nodeid.Encode(prefix(s.types[0]), rows[len(rows)-1])
		}
	}
	return ids
}

// table is that of a type's rows: the one that bears its name, where a row type
// has several.
func (w writes) table(typeName string) string {
	tables := w.api.tables[w.api.resource(typeName)]
	if named := prefix(typeName) + "s"; slices.Contains(tables, named) {
		return named
	}
	return tables[0]
}

// chosen are all mutations of own rows with another clinic chosen to do them
// in: refused before any of them is read, so that they share requests.
func (w writes) chosen(who *stance) ([]shot, error) {
	want := "FORBIDDEN"
	if who.Gone {
		want = "UNAUTHENTICATED"
	}
	var all []shot
	for _, c := range w.world.Clinics() {
		if slices.ContainsFunc(who.places, func(p place) bool { return p.clinic == c }) {
			continue
		}
		p := &pool{who: who, name: "mutations by X-Cascade-Org", kind: ast.Mutation}
		for _, f := range w.api.fields(w.api.schema.Mutation) {
			slots, err := w.api.slots(f)
			if err != nil {
				return nil, err
			}
			one, err := w.cell(f, slots, w.own(home(who), slots, false))
			if err != nil {
				return nil, err
			}
			one.way, one.want = f.Name+" in "+c.Slug, want
			p.add(one)
		}
		for _, s := range p.done() {
			s.headers = []string{"X-Cascade-Org: " + c.Slug}
			if !w.quick {
				s.twin = &request{document: s.document, variables: s.variables, headers: []string{"X-Cascade-Org: nobodys-clinic"}}
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// cell writes a mutation with every optional value given.
func (w writes) cell(f *ast.FieldDefinition, slots []slot, ids map[string]string) (cell, error) {
	c := cell{field: f, selection: w.api.selection(f.Type.Name(), 1)}
	fill := filling{ids: map[string]string{}, full: true, serial: int(w.serial.Add(1))}
	for _, s := range slots { // in the order of the arguments
		id, ok := ids[s.path]
		if !ok {
			continue
		}
		kind := "ID!"
		if s.list {
			kind = "[ID!]!"
		}
		fill.ids[s.path] = "$?"
		c.values, c.kinds = append(c.values, id), append(c.kinds, kind)
	}
	var err error
	c.arguments, err = w.api.arguments(f, fill)
	return c, err
}

// wanted is the code that a mutation is answered with before it looks at rows.
func (w writes) wanted(who *stance, f *ast.FieldDefinition) string {
	switch {
	case who.Gone:
		return "UNAUTHENTICATED"
	case !who.allowed(needs(f)...), platforms[f.Name] != "":
		return "FORBIDDEN"
	case len(who.candidates()) != 1:
		return "BAD_USER_INPUT" // it is about one clinic, and could be several
	default:
		return ""
	}
}

// controls are every mutation as the owner of A does it on own rows. Each must
// succeed: only then is it the foreign row for which the others fail. What ends
// a row comes last.
func (w writes) controls() ([]shot, error) {
	owner := stances(w.world, w.world.Subject("owner A"), false)[0]
	fields := slices.DeleteFunc(w.api.fields(w.api.schema.Mutation), func(f *ast.FieldDefinition) bool { return platforms[f.Name] != "" })
	ends := func(f *ast.FieldDefinition) int {
		for i, verb := range []string{"create", "connect", "invite", "update", "rotate", "acknowledge", "resolve"} {
			if strings.HasPrefix(f.Name, verb) {
				return i
			}
		}
		return 100
	}
	slices.SortStableFunc(fields, func(a, b *ast.FieldDefinition) int { return ends(a) - ends(b) })
	var all []shot
	for _, f := range fields {
		slots, err := w.api.slots(f)
		if err != nil {
			return nil, err
		}
		one, err := w.cell(f, slots, w.own(w.world.A, slots, true))
		if err != nil {
			return nil, err
		}
		one.way = "own rows"
		p := &pool{who: owner, name: "mutation " + f.Name, kind: ast.Mutation}
		p.add(one)
		all = append(all, p.done()...)
	}
	return all, nil
}
