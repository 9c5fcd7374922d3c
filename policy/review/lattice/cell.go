// Package lattice enumerates the questions that a policy can be asked, in full,
// and tells which of them a candidate answers more widely than what runs.
//
// Questions are typed and their fields finite in all that a policy can look at:
// who asks with which proof and which facts, for which action and row type, in
// which orgs. Times matter only by where they stand to the moment of the
// question, ids only by whose they are. So the product of a few dimensions is
// every question that there is, with two limits that are stated here: facts of
// more than two clinics at once, and rules that name one id or one moment.
package lattice

import (
	"iter"
	"slices"
	"strings"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// Cell is one question of the lattice.
type Cell struct {
	Request policy.Request
	family  *family
	at      point
}

// Name tells the question in words.
func (c Cell) Name() string {
	words := []string{c.family.who(c.at), string(c.Request.Action), domain.Rows(c.Request.Resource)}
	if c.family.where != "" {
		words = append(words, c.family.where)
	}
	parts := []string{strings.Join(words, " ")}
	for i, d := range c.family.dimensions {
		if d.name != who {
			parts = append(parts, d.values[c.at[i]].name)
		}
	}
	return strings.Join(parts, ", ")
}

// Plain reports whether nothing about the question is out of the ordinary: a
// second factor was used, the grant is active, the clinic is served.
func (c Cell) Plain() bool { return c.odd() == 0 }

// odd counts what is out of the ordinary.
func (c Cell) odd() int {
	n := 0
	for i, d := range c.family.dimensions {
		if !d.values[c.at[i]].plain {
			n++
		}
	}
	return n
}

// Lattice is the questions of some kinds about some actions and row types. The
// zero Lattice has none.
type Lattice struct {
	Kinds     []policy.Kind // the empty kind is nobody
	Actions   []policy.Action
	Resources []policy.Resource
}

// Full is the lattice of every question.
func Full() Lattice {
	return Lattice{
		Kinds: append(domain.Kinds(), ""), Actions: domain.Actions(), Resources: domain.Resources(),
	}
}

// All yields every cell of the full lattice, always in the same order.
func All() iter.Seq[Cell] { return Full().Cells() }

// Cells yields every cell, always in the same order.
func (l Lattice) Cells() iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		for _, f := range l.families() {
			for _, r := range l.Resources {
				for _, a := range l.Actions {
					if !f.each(a, r, yield) {
						return
					}
				}
			}
		}
	}
}

// Size is how many cells there are at most: some row types have no field to
// mask, and fewer cells for it.
func (l Lattice) Size() int {
	n := 0
	for _, f := range l.families() {
		n += f.size() * len(l.Actions) * len(l.Resources)
	}
	return n
}

func (l Lattice) families() []*family {
	return slices.DeleteFunc(families(), func(f *family) bool { return !slices.Contains(l.Kinds, f.kind) })
}

// StandIns are questions to use where none were recorded: an ordinary one of
// each sort of subject, in each relation to what it asks for, about a few row
// types.
func StandIns() []policy.Request {
	l := Full()
	l.Actions = []policy.Action{policy.Read, policy.Create}
	l.Resources = []policy.Resource{policy.AccessGrant, policy.AuditDecision, policy.Call, policy.Organization, policy.Recording}
	var all []policy.Request
	for c := range l.Cells() {
		if c.Plain() {
			all = append(all, c.Request)
		}
	}
	return all
}
