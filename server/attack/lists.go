package attack

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent/nodeid"
)

// whole asks for everything at once, and counts.
func (r reads) whole(p *pool, f *ast.FieldDefinition) error {
	args := ""
	if f.Arguments.ForName("first") != nil {
		args = "(first: 100)"
	}
	p.add(cell{
		way: "everything", want: r.wanted(p.who, f), field: f, arguments: args,
		selection: r.api.selection(f.Type.Name(), 1), verify: r.counted(p.who, f),
	})
	return nil
}

// counted expects a list to count the rows that the stance sees, and no others.
func (r reads) counted(who *stance, f *ast.FieldDefinition) func(any) []string {
	resource := r.api.resource(f.Type.Name())
	if !r.api.connection(f.Type.Name()) || resource == "audit_decision" || who.undecided {
		return nil // records grow by being read
	}
	return func(v any) []string {
		places, wide := who.reach(need{"read", resource})
		if wide {
			return nil
		}
		var want []string
		for _, table := range r.api.tables[resource] {
			n := 0
			for _, p := range places {
				switch {
				case p.clinic != nil:
					n += len(p.clinic.Rows[table])
				case resource == "organization":
					n++
				}
			}
			want = append(want, fmt.Sprint(n))
		}
		m, _ := v.(map[string]any)
		if got := fmt.Sprint(m["totalCount"]); !slices.Contains(want, got) {
			return []string{fmt.Sprintf("totalCount %s, want %v", got, want)}
		}
		return nil
	}
}

// wanted is the code that a query is answered with: none for what is allowed.
func (r reads) wanted(who *stance, f *ast.FieldDefinition) string {
	all := needs(f)
	switch {
	case who.Gone:
		return "UNAUTHENTICATED"
	case len(all) == 0, all[0].resource == anyNode:
		return ""
	case !who.allowed(all...):
		return "FORBIDDEN"
	case !r.api.platform[all[0].resource] && !r.api.connection(f.Type.Name()) && f.Arguments.ForName("id") == nil && !r.one(who, all[0]):
		return "BAD_USER_INPUT" // one clinic's alone, and it could be several
	default:
		return ""
	}
}

// one reports whether there is exactly one org that a question can be about.
func (r reads) one(who *stance, n need) bool {
	places, _ := who.reach(n)
	return len(places) == 1
}

// paged turns pages from places in other clinics' lists: real cursors with the
// ids of foreign rows in them.
func (r reads) paged(p *pool, f *ast.FieldDefinition) error {
	if f.Arguments.ForName("after") == nil {
		return nil
	}
	if r.api.platform[needs(f)[0].resource] {
		return nil // no clinic's rows
	}
	known, ok := r.cursors[f.Name]
	if !ok && p.who.undecided {
		return nil // a policy that oversteps gives nobody a page to take one from
	}
	if !ok {
		return fmt.Errorf("no cursor of %s is known", f.Name)
	}
	resource := needs(f)[0].resource
	for _, c := range r.world.Clinics() {
		if p.who.sees(c, resource) {
			continue
		}
		for _, typeName := range r.api.showing(resource) {
			for _, id := range r.api.ids(c, typeName, 1) {
				for _, args := range []string{"(first: 2, after: $?)", "(last: 2, before: $?)"} {
					one := cell{
						way: "cursor at a " + typeName + " of " + c.Slug, want: r.wanted(p.who, f), field: f, arguments: args,
						selection: r.api.selection(f.Type.Name(), 0), kinds: []string{"String"}, values: []any{at(known, id)},
					}
					if resource != "audit_decision" { // which grows by being read
						one.absent = []any{at(known, absent(id))}
					}
					p.add(one)
				}
			}
		}
	}
	return nil
}

// at is a cursor that stands at another row, spelt as the server spells it: any
// other spelling is refused, and so would show nothing.
func at(cursor, id string) string {
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return cursor
	}
	_, row, err := nodeid.Decode(id)
	if err != nil {
		return cursor
	}
	before, _, found := strings.Cut(string(plain), `"i":"`)
	if !found {
		return cursor
	}
	return base64.RawURLEncoding.EncodeToString([]byte(before + `"i":"` + row.String() + `"}`))
}
