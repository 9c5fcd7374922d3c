package perturb

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// grants changes one field of one grant at a time.
func (p *perturber) grants() {
	for i, g := range p.original.Subject.Grants {
		if !p.asked(g.OrgID) {
			continue
		}
		name := "grant " + g.ID.String()
		change := func(field, says string, set func(*policy.Grant)) {
			p.change(Change{Sort: Fact, Field: fmt.Sprintf("grants[%d].%s", i, field), Org: g.OrgID, Says: name + " " + says}, func(q *policy.Request) {
				set(&q.Subject.Grants[i])
			})
		}
		if g.Revoked {
			change("revoked", "were not revoked", func(g *policy.Grant) { g.Revoked = false })
		} else {
			change("revoked", "were revoked", func(g *policy.Grant) { g.Revoked = true })
		}
		p.span(g.Starts, g.Expires, "expired", func(field, says string, starts, expires time.Time) {
			change(field, says, func(g *policy.Grant) { g.Starts, g.Expires = starts, expires })
		})
		for _, s := range others(domain.Statuses(), g.Status) {
			change("status", fmt.Sprintf("were of an organization that is %s (it is %s)", s, g.Status), func(g *policy.Grant) { g.Status = s })
		}
		lists(g.Actions, p.original.Action, "action", func(a policy.Action) string { return string(a) }, change,
			func(g *policy.Grant, list []policy.Action) { g.Actions = list })
		lists(g.Resources, p.original.Resource, "resource", domain.Rows, change,
			func(g *policy.Grant, list []policy.Resource) { g.Resources = list })
		p.masks(g, change)
	}
}

// lists takes what is asked into one of a grant's lists, or each element out.
func lists[T ~string](list []T, asked T, field string, name func(T) string, change func(string, string, func(*policy.Grant)), set func(*policy.Grant, []T)) {
	if !slices.Contains(list, asked) {
		change(field+"s", "listed "+name(asked)+" (it lists "+named(list, name)+")", func(g *policy.Grant) {
			set(g, append(slices.Clone(list), asked))
		})
	}
	for i, v := range list {
		change(field+"s", "did not list "+name(v), func(g *policy.Grant) { set(g, slices.Delete(slices.Clone(list), i, i+1)) })
	}
}

func named[T any](list []T, name func(T) string) string {
	if len(list) == 0 {
		return "nothing"
	}
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = name(v)
	}
	return domain.List(words)
}

// masks drops each mask of the row type asked for, and adds each that it could
// have.
func (p *perturber) masks(g policy.Grant, change func(string, string, func(*policy.Grant))) {
	r := p.original.Resource
	with := func(fields []string) func(*policy.Grant) {
		return func(g *policy.Grant) {
			g.Masks = maps.Clone(g.Masks)
			if g.Masks == nil {
				g.Masks = map[policy.Resource][]string{}
			}
			g.Masks[r] = fields
		}
	}
	have := g.Masks[r]
	for i, field := range have {
		change("masks", "did not hide "+strings.ReplaceAll(field, "_", " "), with(slices.Delete(slices.Clone(have), i, i+1)))
	}
	for _, field := range r.Maskable() {
		if !slices.Contains(have, field) {
			change("masks", "hid "+strings.ReplaceAll(field, "_", " ")+" too", with(append(slices.Clone(have), field)))
		}
	}
}

// span moves the start and the end of a grant or session to each side of now,
// close to it and far from it. What a change says depends on which side it was.
func (p *perturber) span(starts, expires time.Time, over string, change func(field, says string, starts, expires time.Time)) {
	now := p.original.Now
	for _, t := range []time.Time{now.AddDate(0, 0, -1), now, now.Add(time.Second), now.AddDate(0, 0, 1)} {
		says := "began " + when(t, now)
		if starts.Unix() > now.Unix() && t.Unix() <= now.Unix() {
			says = fmt.Sprintf("had begun (it begins in %s)", domain.Span(starts.Sub(now)))
		}
		if t.Unix() != starts.Unix() {
			change("starts", says, t, expires)
		}
	}
	for _, t := range []time.Time{now.Add(time.Second), now, now.AddDate(0, 0, 1), now.AddDate(0, 0, -1)} {
		says := "ended " + when(t, now)
		if expires.Unix() <= now.Unix() && t.After(now) {
			says = fmt.Sprintf("were not %s (since %s)", over, domain.Span(now.Sub(expires)))
			if expires.IsZero() {
				says = "had an end in the future (it has none)"
			}
		}
		if t.Unix() != expires.Unix() {
			change("expires", says, starts, t)
		}
	}
}

func when(t, now time.Time) string {
	switch d := t.Sub(now); {
	case d > 0:
		return "in " + domain.Span(d)
	case d < 0:
		return domain.Span(d) + " ago"
	default:
		return "this second"
	}
}
