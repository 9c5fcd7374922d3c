package attack

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/server/stage"
)

// writes are the cells of mutations, each a request of its own: a mutation is
// kept whole or not at all, so that one cell would hide the next.
type writes struct {
	api    *api
	world  *stage.World
	quick  bool
	serial *atomic.Int64
}

// shots are everything that a stance tries on one field of Mutation: the rows
// of other clinics at each place for an id, alone and among own ones.
func (w writes) shots(who *stance, f *ast.FieldDefinition) ([]shot, error) {
	// What the platform's people may do in every clinic is no attack; that they do
	// no more by it is told where it is done, in server/emergency and server/rollout.
	if _, wide := who.reach(needs(f)[0]); wide && (platforms[f.Name] == "" || platforms[f.Name] == who.Kind) {
		return nil, nil
	}
	slots, err := w.api.slots(f)
	if err != nil {
		return nil, err
	}
	// What is refused before any row is looked at can share a request.
	refused := &pool{who: who, name: "mutation " + f.Name, quick: w.quick, kind: ast.Mutation}
	all, err := w.plain(who, f, slots, refused)
	if err != nil {
		return nil, err
	}
	for _, s := range slots {
		for _, c := range w.world.Clinics() {
			if home(who) == c && len(who.candidates()) == 1 {
				continue
			}
			for _, typeName := range s.types {
				for _, id := range w.api.ids(c, typeName, 1) {
					for _, mixed := range w.ways(slots, s) {
						one, err := w.named(who, f, slots, s, id, mixed)
						switch {
						case err != nil:
							return nil, err
						case one.want != "":
							refused.add(one)
							continue
						}
						one.want = "NOT_FOUND"
						alone := &pool{who: who, name: "mutation " + f.Name, quick: w.quick, kind: ast.Mutation}
						alone.add(one)
						all = append(all, alone.done()...)
					}
				}
			}
		}
	}
	return append(all, refused.done()...), nil
}

// plain is a mutation of nothing but own rows. Who may not is refused; who may
// adds a row, which is of the own clinic. What changes or ends rows is left to
// the controls: the others still need them.
func (w writes) plain(who *stance, f *ast.FieldDefinition, slots []slot, refused *pool) ([]shot, error) {
	one, err := w.cell(f, slots, w.own(home(who), slots, false))
	if err != nil {
		return nil, err
	}
	one.way, one.want = "own rows", w.wanted(who, f)
	switch {
	case one.want != "":
		refused.add(one)
		return nil, nil
	case !strings.HasPrefix(f.Name, "create"):
		return nil, nil
	}
	p := &pool{who: who, name: "mutation " + f.Name, quick: w.quick, kind: ast.Mutation}
	p.add(one)
	return p.done(), nil
}

// ways are alone and, where there is another place for an id, among own ones.
func (w writes) ways(slots []slot, s slot) []bool {
	if slices.ContainsFunc(slots, func(other slot) bool { return other.path != s.path && !other.required }) {
		return []bool{false, true}
	}
	return []bool{false}
}

// home is the clinic in which a stance acts; the first when it is in none.
func home(who *stance) *stage.Clinic {
	for _, p := range who.candidates() {
		if p.clinic != nil {
			return p.clinic
		}
	}
	return nil
}

// named is a mutation with a foreign id in one place, and own ones elsewhere.
func (w writes) named(who *stance, f *ast.FieldDefinition, slots []slot, s slot, id string, mixed bool) (cell, error) {
	own := w.own(home(who), slots, mixed)
	own[s.path] = id
	one, err := w.cell(f, slots, own)
	one.way, one.want = s.path+" "+id, w.wanted(who, f)
	if mixed {
		one.way += " among own"
	}
	for _, v := range one.values {
		if v == id {
			v = absent(id)
		}
		one.absent = append(one.absent, v)
	}
	return one, err
}
