package attack

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/server/stage"
)

// reads are the cells of queries.
type reads struct {
	api     *api
	world   *stage.World
	quick   bool
	cursors map[string]string // a real cursor of each list, of some clinic
}

// shots are everything that a stance tries on one field of Query.
func (r reads) shots(who *stance, f *ast.FieldDefinition) ([]shot, error) {
	slots, err := r.api.slots(f)
	if err != nil {
		return nil, err
	}
	p := &pool{who: who, name: "query " + f.Name, quick: r.quick, kind: ast.Query}
	must := false
	for _, s := range slots {
		must = must || s.required
		for _, typeName := range s.types {
			if err := r.byID(p, f, s, typeName); err != nil {
				return nil, err
			}
		}
	}
	if must { // it cannot be asked without an id
		return p.done(), nil
	}
	for _, try := range []func(*pool, *ast.FieldDefinition) error{r.whole, r.filtered, r.paged} {
		if err := try(p, f); err != nil {
			return nil, err
		}
	}
	return p.done(), nil
}

// byID names rows of every clinic at one place for an id: those of clinics that
// the stance does not see with a twin, those that it sees as the proof that the
// question is well put.
func (r reads) byID(p *pool, f *ast.FieldDefinition, s slot, typeName string) error {
	about, selection := needs(f)[0].resource, r.api.selection(f.Type.Name(), 1)
	if about == anyNode {
		about, selection = r.api.resource(typeName), fmt.Sprintf("{ __typename ... on %s %s }", typeName, r.api.selection(typeName, 1))
	}
	args, err := r.api.arguments(f, filling{ids: map[string]string{s.path: "$?"}})
	if err != nil {
		return err
	}
	most := 1
	if s.list {
		most = 3
	}
	var mixed []string
	for _, c := range r.world.Clinics() {
		ids := r.api.ids(c, typeName, most)
		mixed = append(mixed, ids...)
		for _, id := range ids {
			one := cell{
				way: s.path + " of " + typeName + " of " + c.Slug, want: r.wanted(p.who, f),
				field: f, arguments: args, selection: selection, values: []any{id}, kinds: []string{"ID!"},
			}
			switch {
			case s.list:
				continue
			case !p.who.sees(c, about):
				one.absent, one.verify = []any{absent(id)}, empty
			}
			p.add(one)
		}
	}
	if s.list {
		p.add(cell{ // own ones among everybody else's
			way: s.path + " of every " + typeName, want: r.wanted(p.who, f),
			field: f, arguments: args, selection: selection, kinds: []string{"[ID!]!"},
			values: []any{mixed}, verify: r.onlyOwn(p.who, typeName, mixed),
		})
	}
	return nil
}

// onlyOwn expects a null for each id of a row that is not seen, and something
// for some id of each clinic that is.
func (r reads) onlyOwn(who *stance, typeName string, ids []string) func(any) []string {
	return func(v any) []string {
		list, ok := v.([]any)
		if !ok || len(list) != len(ids) {
			return []string{fmt.Sprintf("%d rows for %d ids", len(list), len(ids))}
		}
		var found []string
		shown := map[*stage.Clinic]bool{}
		for i, row := range list {
			c := r.ownerOf(ids[i])
			switch {
			case row == nil:
			case !who.sees(c, r.api.resource(typeName)):
				found = append(found, "a row of "+c.Slug)
			default:
				shown[c] = true
			}
		}
		for _, c := range r.world.Clinics() {
			if who.sees(c, r.api.resource(typeName)) && !shown[c] {
				found = append(found, "nothing of "+c.Slug+", whose rows may be seen")
			}
		}
		return found
	}
}

func (r reads) ownerOf(id string) *stage.Clinic {
	for _, c := range r.world.Clinics() {
		if strings.Contains(id, c.Traces()[3]) {
			return c
		}
	}
	return nil
}
