package policy

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// Scope is what a context may touch: the sum of the decisions made for it.
// It is a value, never changed once made; the zero Scope reaches nothing.
type Scope struct {
	subject Subject
	orgs    map[reach][]uuid.UUID
	wide    map[Resource]bool
	masks   map[Resource][]string
}

// reach is what one list of orgs is for.
type reach struct {
	action   Action
	resource Resource
}

// NewScope joins the decisions made for one subject. Decisions that refuse
// and decisions of another subject add nothing.
func NewScope(s Subject, decisions ...Decision) Scope {
	sc := Scope{
		subject: s,
		orgs:    map[reach][]uuid.UUID{},
		wide:    map[Resource]bool{},
		masks:   map[Resource][]string{},
	}
	for _, d := range decisions {
		if !d.allow || d.request.Subject.ID != s.ID {
			continue
		}
		r := d.request.Resource
		for _, a := range d.request.Action.covers() {
			key := reach{a, r}
			for _, org := range d.orgs {
				if !slices.Contains(sc.orgs[key], org) {
					sc.orgs[key] = append(sc.orgs[key], org)
				}
			}
			if d.wide && a == Read {
				sc.wide[r] = true
			}
		}
		for res, fields := range d.masks {
			for _, f := range fields {
				if !slices.Contains(sc.masks[res], f) {
					sc.masks[res] = append(sc.masks[res], f)
				}
			}
		}
	}
	return sc
}

// Subject is who the scope belongs to.
func (s Scope) Subject() Subject { return s.subject }

// Orgs lists the orgs in which the scope permits the action on rows of r.
func (s Scope) Orgs(a Action, r Resource) []uuid.UUID { return s.orgs[reach{a, r}] }

// Wide reports whether the scope reads rows of r in every org.
func (s Scope) Wide(r Resource) bool { return s.wide[r] }

// Masked lists the fields of r that must not be read or shown.
func (s Scope) Masked(r Resource) []string { return s.masks[r] }

// May reports whether the action on rows of r is permitted anywhere.
func (s Scope) May(a Action, r Resource) bool {
	return len(s.orgs[reach{a, r}]) > 0 || (a == Read && s.wide[r])
}

// Each calls f for every action and row type with its orgs, in no particular
// order. The driver seals what it is given here.
func (s Scope) Each(f func(Action, Resource, []uuid.UUID)) {
	for k, orgs := range s.orgs {
		if len(orgs) > 0 {
			f(k.action, k.resource, orgs)
		}
	}
}

// EachWide calls f for every row type that the scope reads in every org.
func (s Scope) EachWide(f func(Resource)) {
	for r := range s.wide {
		f(r)
	}
}

type scopeKey struct{}

// WithScope returns a context under which work has the scope s.
func WithScope(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// ScopeFrom returns the scope of ctx, or the zero Scope and ErrNoScope.
func ScopeFrom(ctx context.Context) (Scope, error) {
	s, ok := ctx.Value(scopeKey{}).(Scope)
	if !ok {
		return Scope{}, ErrNoScope
	}
	return s, nil
}
