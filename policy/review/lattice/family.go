package lattice

import (
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// who is the name of the dimension that tells subjects of one kind apart.
const who = "who"

// point is a place in a family: the number of the value in each dimension.
type point [8]uint8

// family is the product of some dimensions: the subjects of one kind that stand
// in one relation to the orgs they ask for.
type family struct {
	kind       policy.Kind
	where      string // the relation, in words, after "read calls"
	start      func(*policy.Request)
	dimensions []dimension
}

// dimension is something that may be one way or another.
type dimension struct {
	name   string
	values []value
	// many says, in a sentence, that it is some of several ways out of the
	// ordinary.
	many string
}

// value is one way.
type value struct {
	name  string // in words
	plain bool   // nothing about it is out of the ordinary
	// set puts it into the question, which by then has its action and row type
	// and what earlier dimensions put there. False: it makes no difference here.
	set func(*policy.Request) bool
}

func (f *family) size() int {
	n := 1
	for _, d := range f.dimensions {
		n *= len(d.values)
	}
	return n
}

// who names the subjects at a point, in the plural.
func (f *family) who(at point) string {
	for i, d := range f.dimensions {
		if d.name == who {
			return d.values[at[i]].name
		}
	}
	return domain.Subjects(f.kind)
}

// each yields the family's cells for one action and row type; it is false when
// no more are wanted.
func (f *family) each(a policy.Action, r policy.Resource, yield func(Cell) bool) bool {
	var at point
	for {
		if c, ok := f.cell(a, r, at); ok && !yield(c) {
			return false
		}
		i := len(f.dimensions) - 1
		for ; i >= 0; i-- {
			if at[i]++; int(at[i]) < len(f.dimensions[i].values) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return true
		}
	}
}

// cell makes the question at a point; ok is false where it would repeat another.
func (f *family) cell(a policy.Action, r policy.Resource, at point) (c Cell, ok bool) {
	c = Cell{family: f, at: at, Request: policy.Request{
		Subject: policy.Subject{ID: person, Kind: f.kind}, Action: a, Resource: r, Operation: "Review", Now: noon,
	}}
	if f.start != nil {
		f.start(&c.Request)
	}
	for i, d := range f.dimensions {
		if !d.values[at[i]].set(&c.Request) {
			return Cell{}, false
		}
	}
	return c, true
}
