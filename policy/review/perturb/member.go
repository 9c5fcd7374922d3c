package perturb

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// Ids of nobody and of no org that exists: all zeros but for the version, the
// variant and the last digit.
var (
	stranger = uuid.MustParse("00000000-0000-7000-8000-0000000000ff") // an organization
	somebody = uuid.MustParse("00000000-0000-7000-8000-0000000000fe") // a second person
	added    = uuid.MustParse("00000000-0000-7000-8000-0000000000fd") // a grant or session
)

// memberships changes one field of one membership at a time, or takes it away.
func (p *perturber) memberships() {
	for i, m := range p.original.Subject.Memberships {
		if !p.asked(m.OrgID) {
			continue
		}
		at := fmt.Sprintf("memberships[%d]", i)
		change := func(field, says string, set func(*policy.Membership)) {
			p.change(Change{Sort: Fact, Field: at + "." + field, Org: m.OrgID, Says: says}, func(q *policy.Request) {
				set(&q.Subject.Memberships[i])
			})
		}
		// From least to most, so that the least that suffices comes first.
		for _, role := range slices.Backward(domain.Roles()) {
			if role != m.Role {
				change("role", fmt.Sprintf("the role in organization %s were %s (it is %s)", m.OrgID, role, m.Role), func(m *policy.Membership) { m.Role = role })
			}
		}
		for _, s := range others(domain.Statuses(), m.Status) {
			change("status", fmt.Sprintf("organization %s were %s (it is %s)", m.OrgID, s, m.Status), func(m *policy.Membership) { m.Status = s })
		}
		says := "showed its transcripts to viewers"
		if m.ViewersSeeTranscripts {
			says = "did not show its transcripts to viewers"
		}
		change("viewers_see_transcripts", fmt.Sprintf("organization %s %s", m.OrgID, says), func(m *policy.Membership) {
			m.ViewersSeeTranscripts = !m.ViewersSeeTranscripts
		})
		p.change(Change{Sort: Fact, Field: at, Org: m.OrgID, Says: fmt.Sprintf("the subject were no member of organization %s", m.OrgID)}, func(q *policy.Request) {
			q.Subject.Memberships = slices.Delete(q.Subject.Memberships, i, i+1)
		})
	}
}

// newFacts gives the subject a membership, a grant or a session in each org it
// asks for, one at a time, whatever its kind.
func (p *perturber) newFacts() {
	s, now := p.original.Subject, p.original.Now
	for _, org := range p.original.Orgs {
		if !slices.ContainsFunc(s.Memberships, func(m policy.Membership) bool { return m.OrgID == org }) {
			for _, role := range slices.Backward(domain.Roles()) {
				p.change(Change{Sort: NewFact, Field: "memberships", Org: org, Says: fmt.Sprintf("the subject were %s of organization %s", role, org)}, func(q *policy.Request) {
					q.Subject.Memberships = append(q.Subject.Memberships, policy.Membership{OrgID: org, Role: role, Status: policy.OrgActive})
				})
			}
		}
		if org != s.OrgID { // nobody grants to itself
			p.change(Change{Sort: NewFact, Field: "grants", Org: org, Says: fmt.Sprintf("organization %s granted it to the partner", org)}, func(q *policy.Request) {
				q.Subject.Grants = append(q.Subject.Grants, policy.Grant{
					ID: added, OrgID: org, PartnerID: s.OrgID, Status: policy.OrgActive,
					Actions: []policy.Action{q.Action}, Resources: []policy.Resource{q.Resource},
					Starts: now.AddDate(0, 0, -1), Expires: now.AddDate(0, 0, 1),
				})
			})
		}
		p.change(Change{Sort: NewFact, Field: "break_glass", Org: org, Says: fmt.Sprintf("a break-glass session in organization %s were open", org)}, func(q *policy.Request) {
			q.Subject.BreakGlass = append(q.Subject.BreakGlass, policy.BreakGlass{
				ID: added, OrgID: org, Approved: true, ApproverID: somebody, Status: policy.OrgActive,
				Starts: now, Expires: now.Add(longest / 2),
			})
		})
	}
}
