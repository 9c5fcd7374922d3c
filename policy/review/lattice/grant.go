package lattice

import (
	"time"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// grants is what the clinic granted to the partner.
func grants() dimension {
	one := func(change func(*policy.Grant, *policy.Request)) func(*policy.Request) bool {
		return always(func(q *policy.Request) {
			g := grant(q, home)
			change(&g, q)
			q.Subject.Grants = []policy.Grant{g}
		})
	}
	return dimension{name: "grant", many: "under a grant that is not in force or does not list it", values: []value{
		{"under an active grant", true, one(func(*policy.Grant, *policy.Request) {})},
		{"under an active grant with masks", true, masked(0)},
		{"under two grants, one of them with masks", true, masked(1)},
		{"under a grant that begins this second", true, one(func(g *policy.Grant, q *policy.Request) { g.Starts = q.Now })},
		{"under a grant that begins in a second", false, one(func(g *policy.Grant, q *policy.Request) { g.Starts = q.Now.Add(time.Second) })},
		{"under a grant that ends in a second", true, one(func(g *policy.Grant, q *policy.Request) { g.Expires = q.Now.Add(time.Second) })},
		{"under a grant that ends this second", false, one(func(g *policy.Grant, q *policy.Request) { g.Expires = q.Now })},
		{"under a grant that ended long ago", false, one(func(g *policy.Grant, q *policy.Request) {
			g.Starts, g.Expires = q.Now.AddDate(-2, 0, 0), q.Now.AddDate(-1, 0, 0)
		})},
		{"under a grant that was revoked", false, one(func(g *policy.Grant, _ *policy.Request) { g.Revoked = true })},
		{"under a grant of a suspended clinic", false, one(func(g *policy.Grant, _ *policy.Request) { g.Status = policy.OrgSuspended })},
		{"under a grant of a closed clinic", false, one(func(g *policy.Grant, _ *policy.Request) { g.Status = policy.OrgClosed })},
		{"under a grant of other actions", false, one(func(g *policy.Grant, q *policy.Request) {
			g.Actions = without(domain.Actions(), q.Action)
		})},
		{"under a grant of other row types", false, one(func(g *policy.Grant, q *policy.Request) {
			g.Resources = without(domain.Resources(), q.Resource)
		})},
	}}
}

// masked is a grant that hides the first field of the row type that can be
// hidden, after some that hide nothing. A row type without such a field has no
// such grant.
func masked(before int) func(*policy.Request) bool {
	return func(q *policy.Request) bool {
		fields := q.Resource.Maskable()
		if len(fields) == 0 {
			return false
		}
		g := grant(q, home)
		for range before {
			q.Subject.Grants = append(q.Subject.Grants, g)
		}
		g.Masks = map[policy.Resource][]string{q.Resource: fields[:1]}
		q.Subject.Grants = append(q.Subject.Grants, g)
		return true
	}
}

func without[T comparable](all []T, one T) []T {
	rest := make([]T, 0, len(all))
	for _, v := range all {
		if v != one {
			rest = append(rest, v)
		}
	}
	return rest
}

// sessions is the emergency session that the support person has in the clinic.
func sessions() dimension {
	one := func(change func(*policy.BreakGlass, *policy.Request)) func(*policy.Request) bool {
		return always(func(q *policy.Request) {
			b := session(q, home)
			change(&b, q)
			q.Subject.BreakGlass = []policy.BreakGlass{b}
		})
	}
	lasting := func(d time.Duration) func(*policy.BreakGlass, *policy.Request) {
		return func(b *policy.BreakGlass, q *policy.Request) { b.Expires = b.Starts.Add(d) }
	}
	return dimension{name: "session", many: "in a session that is not open", values: []value{
		{"in an open session", true, one(func(*policy.BreakGlass, *policy.Request) {})},
		{"in a session of one hour", true, one(lasting(time.Hour))},
		{"in a session of a second more than an hour", false, one(lasting(time.Hour + time.Second))},
		{"in a session of a day", false, one(lasting(24 * time.Hour))},
		{"in a session that begins this second", true, one(func(b *policy.BreakGlass, q *policy.Request) { b.Starts = q.Now })},
		{"in a session that begins in a second", false, one(func(b *policy.BreakGlass, q *policy.Request) { b.Starts = q.Now.Add(time.Second) })},
		{"in a session that ends in a second", true, one(func(b *policy.BreakGlass, q *policy.Request) { b.Expires = q.Now.Add(time.Second) })},
		{"in a session that expires this second", false, one(func(b *policy.BreakGlass, q *policy.Request) { b.Expires = q.Now })},
		{"in a session that expired long ago", false, one(func(b *policy.BreakGlass, q *policy.Request) {
			b.Starts, b.Expires = q.Now.Add(-25*time.Hour), q.Now.Add(-24*time.Hour)
		})},
		{"in a session that was ended", false, one(func(b *policy.BreakGlass, _ *policy.Request) { b.Ended = true })},
		{"in a session that nobody approved", false, one(func(b *policy.BreakGlass, _ *policy.Request) { b.Approved = false })},
		{"in a session that they approved themselves", false, one(func(b *policy.BreakGlass, q *policy.Request) { b.ApproverID = q.Subject.ID })},
		{"in a session of a suspended clinic", false, one(func(b *policy.BreakGlass, _ *policy.Request) { b.Status = policy.OrgSuspended })},
		{"in a session of a closed clinic", false, one(func(b *policy.BreakGlass, _ *policy.Request) { b.Status = policy.OrgClosed })},
	}}
}
