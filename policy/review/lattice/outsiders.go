package lattice

import (
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

func partnerFamilies() []*family {
	proof := []dimension{
		status("partner", func(q *policy.Request, s policy.OrgStatus) { q.Subject.OrgStatus = s }),
		mfa(), credential(false, policy.Key, policy.OAuth2, policy.JWT),
	}
	of := func(asked ...uuid.UUID) func(*policy.Request) {
		return func(q *policy.Request) {
			q.Subject.OrgID, q.Subject.OrgStatus, q.Orgs = bridge, policy.OrgActive, asked
		}
	}
	elsewhere := func(q *policy.Request) {
		of(home)(q)
		q.Subject.Grants = []policy.Grant{grant(q, second)}
	}
	return []*family{
		{kind: policy.Partner, where: own, start: of(bridge), dimensions: proof},
		{kind: policy.Partner, where: foreign, start: elsewhere, dimensions: proof},
		{kind: policy.Partner, where: granting, start: of(home), dimensions: append([]dimension{grants()}, proof...)},
		{kind: policy.Partner, where: nowhere, start: of(), dimensions: proof},
		{kind: policy.Partner, where: both, start: of(home, second), dimensions: append([]dimension{secondGrant()}, proof[1:]...)},
	}
}

// secondGrant is what a partner has in the second of two clinics, the first of
// which gave it an active grant with masks where the row type has any.
func secondGrant() dimension {
	and := func(change func(*policy.Grant, *policy.Request)) func(*policy.Request) bool {
		return always(func(q *policy.Request) {
			if !masked(0)(q) {
				q.Subject.Grants = []policy.Grant{grant(q, home)}
			}
			if change != nil {
				g := grant(q, second)
				change(&g, q)
				q.Subject.Grants = append(q.Subject.Grants, g)
			}
		})
	}
	both := and(func(g *policy.Grant, q *policy.Request) { g.Masks[q.Resource] = q.Resource.Maskable()[1:2] })
	return dimension{name: "second clinic", many: "the second of which gave no grant in force", values: []value{
		{"both of which granted it", true, and(func(*policy.Grant, *policy.Request) {})},
		{"both of which granted it with masks of their own", true, func(q *policy.Request) bool {
			return len(q.Resource.Maskable()) > 1 && both(q)
		}},
		{"the second of which granted nothing", false, and(nil)},
		{"the second of which revoked its grant", false, and(func(g *policy.Grant, _ *policy.Request) { g.Revoked = true })},
		{"the second of which granted other row types", false, and(func(g *policy.Grant, q *policy.Request) {
			g.Resources = without(domain.Resources(), q.Resource)
		})},
	}}
}

func supportFamilies() []*family {
	proof := []dimension{mfa(), credential(true, policy.JWT, policy.Key)}
	in := func(clinic uuid.UUID, asked ...uuid.UUID) func(*policy.Request) {
		return func(q *policy.Request) {
			q.Subject.BreakGlass, q.Orgs = []policy.BreakGlass{session(q, clinic)}, asked
		}
	}
	return []*family{
		{kind: policy.Support, where: opened, start: asks(home), dimensions: append([]dimension{sessions()}, proof...)},
		{kind: policy.Support, where: foreign, start: in(second, home), dimensions: proof},
		{kind: policy.Support, where: both, start: in(home, home, second), dimensions: proof},
		{kind: policy.Support, where: nowhere, start: in(home), dimensions: proof},
	}
}

// strangerFamily is subjects of a kind with facts that only other kinds have use
// for, and nobody with any fact at all. A subject has such facts when it changes
// its kind, or when a table is wrong.
func strangerFamily(kind policy.Kind) *family {
	facts := dimension{name: "facts", many: "whatever the facts are"}
	for _, f := range []struct {
		of   policy.Kind
		name string
		set  func(*policy.Request)
	}{
		{policy.Member, "being owners of it", func(q *policy.Request) {
			q.Subject.Memberships = []policy.Membership{membership(home, policy.Owner)}
		}},
		{policy.Partner, "under an active grant", func(q *policy.Request) {
			q.Subject.OrgID, q.Subject.OrgStatus = bridge, policy.OrgActive
			q.Subject.Grants = []policy.Grant{grant(q, home)}
		}},
		{policy.Support, "in an open session", func(q *policy.Request) {
			q.Subject.BreakGlass = []policy.BreakGlass{session(q, home)}
		}},
		{policy.System, "being of it", func(q *policy.Request) {
			q.Subject.OrgID, q.Subject.OrgStatus = home, policy.OrgActive
		}},
	} {
		// A partner is in its own organization as a webhook is in its clinic.
		if f.of != kind && (f.of != policy.System || kind != policy.Partner) {
			facts.values = append(facts.values, value{f.name, true, always(f.set)})
		}
	}
	start := asks(home)
	if kind == "" { // nobody has no id either
		start = func(q *policy.Request) { q.Subject.ID, q.Orgs = uuid.Nil, []uuid.UUID{home} }
	}
	return &family{kind: kind, where: stranger, start: start, dimensions: []dimension{
		facts, mfa(), credential(true, policy.JWT, policy.Key, policy.Webhook),
	}}
}

// momentFamilies are ordinary subjects at other times and by other operations,
// for policies that care.
func momentFamilies() []*family {
	var all []*family
	for _, like := range []*family{
		memberFamilies()[0], partnerFamilies()[0], partnerFamilies()[2], supportFamilies()[0],
		platformFamily(policy.Security), platformFamily(policy.Auditor), platformFamily(policy.Operator), systemFamilies()[0],
	} {
		f := &family{kind: like.kind, where: moment, start: like.start, dimensions: []dimension{moments()}}
		for _, d := range like.dimensions {
			if d.name != who {
				d.values = firstPlain(d.values)
			}
			f.dimensions = append(f.dimensions, d)
		}
		all = append(all, f)
	}
	return all
}

func firstPlain(values []value) []value {
	for i, v := range values {
		if v.plain {
			return values[i : i+1]
		}
	}
	return values[:0]
}

func moments() dimension {
	at := func(now time.Time) func(*policy.Request) bool {
		return always(func(q *policy.Request) { q.Now = now })
	}
	return dimension{name: "moment", values: []value{
		{"at night", true, at(time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC))},
		{"on a Sunday", true, at(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))},
		{"four years later", true, at(time.Date(2030, 11, 25, 12, 0, 0, 0, time.UTC))},
		{"by an operation without a name", true, always(func(q *policy.Request) { q.Operation = "" })},
	}}
}
