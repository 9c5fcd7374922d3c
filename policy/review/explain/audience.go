package explain

import (
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// Errors of an explanation that is not given.
var (
	ErrNoAudience   = errors.New("it is not said whom to tell")
	ErrNotConcerned = errors.New("the question is not about this organization")
)

// Audience is who hears an explanation. The zero Audience hears nothing.
type Audience struct {
	everything bool
	org        uuid.UUID
}

// Security hears every fact.
func Security() Audience { return Audience{everything: true} }

// Tenant hears the facts of one organization alone.
func Tenant(org uuid.UUID) Audience { return Audience{org: org} }

// Ids that stand for people and organizations that an audience does not know.
var (
	unknownUser     = uuid.MustParse("00000000-0000-7000-8000-0000000000e1")
	unknownApprover = uuid.MustParse("00000000-0000-7000-8000-0000000000e2")
	unknownOrg      = uuid.MustParse("00000000-0000-7000-8000-0000000000e3")
	foreignOrg      = uuid.MustParse("00000000-0000-7000-8000-0000000000e4")
)

// view is q as the audience may know it: a question in which no fact of any
// other organization is left, so that nothing that is made of it can tell one.
// Whatever belongs to a subject from elsewhere, its proof and its own
// organization, is taken to be in order. asked is false where the question names
// other organizations only.
func (a Audience) view(q policy.Request) (seen policy.Request, asked bool, err error) {
	switch {
	case a.everything:
		return q, true, nil
	case a.org == uuid.Nil:
		return policy.Request{}, false, ErrNoAudience
	}
	s := q.Subject
	asked = slices.Contains(q.Orgs, a.org)
	// What a clinic's own people do in another clinic is not that clinic's affair; what
	// a partner's key does is the partner's.
	if !asked && s.OrgID != a.org {
		return policy.Request{}, false, ErrNotConcerned
	}
	ours := s.OrgID == a.org || slices.ContainsFunc(s.Memberships, func(m policy.Membership) bool { return m.OrgID == a.org })
	seen = policy.Request{Action: q.Action, Resource: q.Resource, Operation: q.Operation, Now: q.Now, Subject: policy.Subject{
		ID: unknownUser, Kind: s.Kind, OrgID: s.OrgID, OrgStatus: s.OrgStatus, Credential: s.Credential,
	}}
	if asked {
		seen.Orgs = []uuid.UUID{a.org}
	}
	if !ours {
		seen.Subject.Credential = policy.Credential{
			Type: s.Credential.Type, MFA: true, Scopes: []string{domain.Scope(q.Action, q.Resource)},
		}
	}
	if s.OrgID != a.org && s.OrgID != uuid.Nil {
		seen.Subject.OrgID, seen.Subject.OrgStatus = unknownOrg, policy.OrgActive
	}
	for _, m := range s.Memberships {
		if m.OrgID == a.org {
			seen.Subject.Memberships = append(seen.Subject.Memberships, m)
		}
	}
	for _, g := range s.Grants {
		if g.OrgID == a.org {
			g.PartnerID = instead(g.PartnerID, s.OrgID, seen.Subject.OrgID, foreignOrg)
			seen.Subject.Grants = append(seen.Subject.Grants, g)
		}
	}
	for _, b := range s.BreakGlass {
		if b.OrgID == a.org {
			b.ApproverID = instead(b.ApproverID, s.ID, unknownUser, unknownApprover)
			seen.Subject.BreakGlass = append(seen.Subject.BreakGlass, b)
		}
	}
	return seen, asked, nil
}

// instead hides an id and keeps whether it is that of the subject.
func instead(id, subject, same, other uuid.UUID) uuid.UUID {
	switch id {
	case uuid.Nil:
		return uuid.Nil
	case subject:
		return same
	default:
		return other
	}
}
