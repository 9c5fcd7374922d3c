package lattice

import (
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// The relations of a subject to what it asks for.
const (
	own      = "of their own organization"
	foreign  = "of an organization that is not theirs"
	both     = "of two organizations at once"
	nowhere  = "without naming an organization"
	granting = "of a clinic that granted them access"
	opened   = "of a clinic in which they have a session"
	stranger = "with facts that are not for their kind"
	moment   = "at another time or by another operation"
)

// families are the whole lattice.
func families() []*family {
	var all []*family
	all = append(all, memberFamilies()...)
	all = append(all, partnerFamilies()...)
	all = append(all, supportFamilies()...)
	for _, kind := range []policy.Kind{policy.Security, policy.Auditor, policy.Operator} {
		all = append(all, platformFamily(kind))
	}
	all = append(all, systemFamilies()...)
	for _, kind := range append(domain.Kinds(), "") {
		all = append(all, strangerFamily(kind))
	}
	return append(all, momentFamilies()...)
}

func memberFamilies() []*family {
	proof := []dimension{mfa(), credential(true, policy.JWT, policy.Key, policy.OAuth2)}
	return []*family{
		{kind: policy.Member, where: own, start: asks(home), dimensions: append([]dimension{
			roles(), status("clinic", func(q *policy.Request, s policy.OrgStatus) { q.Subject.Memberships[0].Status = s }), shown(),
		}, proof...)},
		{kind: policy.Member, where: foreign, start: ownerOf(second, home), dimensions: proof},
		{kind: policy.Member, where: nowhere, start: ownerOf(home), dimensions: proof},
		{kind: policy.Member, where: both, start: asks(home, second), dimensions: []dimension{
			roles(), shown(), secondClinic(), mfa(), credential(true, policy.JWT),
		}},
	}
}

func roles() dimension {
	d := dimension{name: who}
	for _, role := range domain.Roles() {
		d.values = append(d.values, value{domain.RoleNames(role), true, always(func(q *policy.Request) {
			q.Subject.Memberships = []policy.Membership{membership(home, role)}
		})})
	}
	return d
}

func shown() dimension {
	set := func(shown bool) func(*policy.Request) bool {
		return always(func(q *policy.Request) { q.Subject.Memberships[0].ViewersSeeTranscripts = shown })
	}
	return dimension{name: "shown", values: []value{
		{"where viewers are not shown transcripts", true, set(false)},
		{"where viewers are shown transcripts", true, set(true)},
	}}
}

// secondClinic is what a member is in the other of two clinics.
func secondClinic() dimension {
	is := func(m policy.Membership) func(*policy.Request) bool {
		return always(func(q *policy.Request) { q.Subject.Memberships = append(q.Subject.Memberships, m) })
	}
	suspended, shown := membership(second, policy.Owner), membership(second, policy.Viewer)
	suspended.Status, shown.ViewersSeeTranscripts = policy.OrgSuspended, true
	return dimension{name: "second clinic", many: "the second of which they do not belong to or is not served", values: []value{
		{"the second of which they do not belong to", false, func(*policy.Request) bool { return true }},
		{"being owners of the second", true, is(membership(second, policy.Owner))},
		{"being staff of the second", true, is(membership(second, policy.Staff))},
		{"being viewers of the second", true, is(membership(second, policy.Viewer))},
		{"being viewers of the second, where they are shown transcripts", true, is(shown)},
		{"the second of which is suspended", false, is(suspended)},
	}}
}

func asks(orgs ...uuid.UUID) func(*policy.Request) {
	return func(q *policy.Request) { q.Orgs = orgs }
}

func ownerOf(clinic uuid.UUID, asked ...uuid.UUID) func(*policy.Request) {
	return func(q *policy.Request) {
		q.Subject.Memberships, q.Orgs = []policy.Membership{membership(clinic, policy.Owner)}, asked
	}
}

// platformFamily is people of the platform, who need name no clinic.
func platformFamily(kind policy.Kind) *family {
	return &family{kind: kind, dimensions: []dimension{mfa(), credential(true, policy.JWT, policy.Key), {name: "asked", values: []value{
		{"naming no organization", true, func(*policy.Request) bool { return true }},
		{"naming a clinic", true, always(asks(home))},
	}}}}
}

func systemFamilies() []*family {
	dimensions := []dimension{
		status("organization", func(q *policy.Request, s policy.OrgStatus) { q.Subject.OrgStatus = s }),
		mfa(), credential(false, policy.Webhook, policy.Job, policy.JWT),
	}
	of := func(asked ...uuid.UUID) func(*policy.Request) {
		return func(q *policy.Request) { q.Subject.OrgID, q.Orgs = home, asked }
	}
	return []*family{
		{kind: policy.System, where: own, start: of(home), dimensions: dimensions},
		{kind: policy.System, where: foreign, start: of(second), dimensions: dimensions},
		{kind: policy.System, where: both, start: of(home, second), dimensions: dimensions},
		{kind: policy.System, where: nowhere, start: of(), dimensions: dimensions[1:]},
	}
}
