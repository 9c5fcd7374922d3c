package attack

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/stage"
)

// place is an org that a subject may act in: a clinic, or a key's own.
type place struct {
	slug   string
	clinic *stage.Clinic // nil: the key's own organization, which is no clinic
}

// stance is a subject with the org that it chose, if it did.
type stance struct {
	*stage.Subject
	chosen *place
	places []place // among which it may choose
	// undecided means that policies allow everything: only the envelope holds.
	undecided bool
}

// stances are every way that a subject can stand before the server: choosing
// nothing and, with more than one org, each of them.
func stances(w *stage.World, s *stage.Subject, undecided bool) []*stance {
	var places []place
	for _, c := range w.Clinics() {
		granted := slices.ContainsFunc(s.Grants, func(g stage.Grant) bool { return g.From == c })
		if s.Roles[c] != "" || granted || s.Session == c || (s.OrgID != uuid.Nil && s.OrgID == c.ID) {
			places = append(places, place{slug: c.Slug, clinic: c})
		}
	}
	if s.OrgSlug != "" && !slices.ContainsFunc(places, func(p place) bool { return p.slug == s.OrgSlug }) {
		places = append(places, place{slug: s.OrgSlug})
	}
	all := []*stance{{Subject: s, places: places, undecided: undecided}}
	if s.Gone || len(places) < 2 {
		return all
	}
	for i := range places {
		all = append(all, &stance{Subject: s, places: places, chosen: &places[i], undecided: undecided})
	}
	return all
}

func (s *stance) String() string {
	if s == nil {
		return "no one"
	}
	if s.chosen == nil {
		return s.Name
	}
	return s.Name + " in " + s.chosen.slug
}

// candidates are the orgs that a request of the stance is about.
func (s *stance) candidates() []place {
	if s.chosen != nil {
		return []place{*s.chosen}
	}
	return s.places
}

// may reports whether the stance may act on rows in a place.
func (s *stance) may(p place, n need) bool {
	if s.undecided {
		return s.within(p, n)
	}
	letter := n.action[:1]
	scoped := s.Scopes == nil || slices.Contains(s.Scopes, n.resource+":"+n.action)
	switch {
	case s.Gone || !scoped:
		return false
	case s.OrgID != uuid.Nil && p.slug == s.OrgSlug:
		return strings.Contains(byRole[policy.Staff][n.resource], letter)
	case p.clinic == nil:
		return false
	case s.Kind == policy.Member:
		return strings.Contains(byRole[s.Roles[p.clinic]][n.resource], letter)
	case s.Kind == policy.Partner:
		return s.granted(p.clinic, n)
	case s.Kind == policy.Support:
		return s.Session == p.clinic && strings.Contains(inEmergency[n.resource], letter)
	default:
		return false
	}
}

// within is what remains when every policy says yes: own clinics, active
// grants, open sessions; viewers and support read, whatever a policy says.
func (s *stance) within(p place, n need) bool {
	switch {
	case s.Gone:
		return false
	case s.OrgID != uuid.Nil && p.slug == s.OrgSlug:
		return true
	case p.clinic == nil:
		return false
	case s.Kind == policy.Member:
		role := s.Roles[p.clinic]
		return role != "" && (role != policy.Viewer || n.action == "read")
	case s.Kind == policy.Partner:
		return s.granted(p.clinic, n)
	default:
		return s.Kind == policy.Support && s.Session == p.clinic && n.action == "read"
	}
}

// granted reports whether an active grant of the clinic lists what is needed.
func (s *stance) granted(c *stage.Clinic, n need) bool {
	return slices.ContainsFunc(s.Grants, func(g stage.Grant) bool {
		return g.Active && g.From == c && slices.Contains(g.Actions, n.action) && slices.Contains(g.Resources, n.resource)
	})
}

// reach are the places where the stance may; wide that it may everywhere.
func (s *stance) reach(n need) (places []place, wide bool) {
	for _, p := range s.candidates() {
		if s.may(p, n) {
			places = append(places, p)
		}
	}
	return places, !s.Gone && strings.Contains(everywhere[s.Kind][n.resource], n.action[:1])
}

// allowed reports whether the stance may somewhere.
func (s *stance) allowed(needs ...need) bool {
	for _, n := range needs {
		if places, wide := s.reach(n); len(places) == 0 && !wide {
			return false
		}
	}
	return true
}

// sees reports whether rows of a clinic may show to the stance. No resource
// stands for what is no row: which clinics it may choose among.
func (s *stance) sees(c *stage.Clinic, resource string) bool {
	if resource == "" {
		return !s.Gone && slices.ContainsFunc(s.places, func(p place) bool { return p.clinic == c })
	}
	places, wide := s.reach(need{"read", resource})
	return wide || slices.ContainsFunc(places, func(p place) bool { return p.clinic == c })
}

// writes are the clinics in which the stance may change anything at all.
func (s *stance) writes(c *stage.Clinic, resources []string) bool {
	return slices.ContainsFunc(resources, func(r string) bool {
		return slices.ContainsFunc([]string{"create", "update", "delete"}, func(action string) bool {
			places, _ := s.reach(need{action, r})
			return slices.ContainsFunc(places, func(p place) bool { return p.clinic == c })
		})
	})
}

// hidden are the fields of a row type that must not show to the stance, by the
// names that policies call them.
func (s *stance) hidden(resource string) []string {
	var fields []string
	for _, g := range s.Grants {
		if g.Active && s.sees(g.From, resource) {
			fields = append(fields, g.Masks[resource]...)
		}
	}
	for _, p := range s.candidates() {
		if p.clinic != nil && s.Roles[p.clinic] == policy.Viewer {
			fields = append(fields, fromViewers[resource]...)
		}
	}
	return fields
}

// blind reports whether a search of the row type is refused to the stance.
func (s *stance) blind(resource string) bool {
	hidden := s.hidden(resource)
	return slices.ContainsFunc(searched[resource], func(f string) bool { return slices.Contains(hidden, f) })
}
