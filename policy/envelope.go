package policy

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Reasons that Go gives, whatever the policy said.
const (
	// ReasonUndefined: the policy gave no answer, or one of the wrong shape.
	ReasonUndefined = "policy_undefined"
	// ReasonFailed: the engine failed or ran out of time.
	ReasonFailed = "policy_failed"
	// ReasonEnvelope: the policy allowed what no policy may allow.
	ReasonEnvelope = "outside_envelope"
	// ReasonOrgNotProven: the request names an org that the credential does
	// not prove.
	ReasonOrgNotProven = "org_not_proven"
	// ReasonForeignRow: an id was asked for that belongs to another org.
	ReasonForeignRow = "foreign_row"
)

// Evidence is how a decision came to be, for its record.
type Evidence struct {
	ID       uuid.UUID
	Revision string
	Input    []byte
}

// Judge turns the policy's verdict into a decision, holding it to the
// envelope, which no policy can widen:
//
//   - orgs are among the candidates and proved by the subject's own live
//     facts: active membership, active grant for this action and row type,
//     open break-glass session, or the one clinic of a system subject;
//   - wide only for the platform kinds, row types and actions that know it;
//   - viewers and support staff read and do nothing else;
//   - masks are known fields and never fewer than the floor: a grant's own
//     masks, and what a viewer may not see.
//
// A verdict that oversteps in orgs, width or unknown masks is denied whole
// with ReasonEnvelope: half of a wrong answer is not a right one.
func Judge(q Request, v Verdict, e Evidence) Decision {
	d := Decision{id: e.ID, request: q, reason: v.Reason, revision: e.Revision, input: e.Input}
	if !v.Allow {
		return d
	}
	refuse := func() Decision {
		d.reason = ReasonEnvelope
		return d
	}
	if !q.Subject.Known() || !q.Resource.Known() {
		return refuse()
	}
	if v.Wide && (!q.Resource.wideFor(q.Subject.Kind, q.Action) || len(v.OrgIDs) > 0) {
		return refuse()
	}
	if !v.Wide && len(v.OrgIDs) == 0 {
		return refuse()
	}
	floor := map[string]bool{}
	for _, org := range v.OrgIDs {
		if !slices.Contains(q.Orgs, org) || !proves(q, org, floor) {
			return refuse()
		}
	}
	masks, ok := addMasks(v.Masks, q.Resource, floor)
	if !ok {
		return refuse()
	}
	d.allow, d.wide, d.masks = true, v.Wide, masks
	d.orgs = slices.Clone(v.OrgIDs)
	d.obligations = v.Obligations
	return d
}

// Deny makes a refusal that no policy was asked for.
func Deny(q Request, reason string, e Evidence) Decision {
	return Decision{id: e.ID, request: q, reason: reason, revision: e.Revision, input: e.Input}
}

// proves reports whether the subject's facts reach org for this action and row
// type, and adds to floor the masks that come with that fact.
func proves(q Request, org uuid.UUID, floor map[string]bool) bool {
	s := q.Subject
	if org == uuid.Nil {
		return false
	}
	switch s.Kind {
	case Member:
		i := slices.IndexFunc(s.Memberships, func(m Membership) bool { return m.OrgID == org })
		if i < 0 || s.Memberships[i].Status != OrgActive {
			return false
		}
		switch m := s.Memberships[i]; m.Role {
		case Owner, Admin, Staff:
			return true
		case Viewer:
			return m.viewerSees(q, floor)
		default:
			return false
		}
	case Partner:
		if s.OrgStatus != OrgActive {
			return false
		}
		if org == s.OrgID {
			return true
		}
		found := false
		for _, g := range s.Grants {
			if g.OrgID == org && g.PartnerID == s.OrgID && g.active(q.Now) &&
				slices.Contains(g.Actions, q.Action) && slices.Contains(g.Resources, q.Resource) {
				found = true
				for _, field := range g.Masks[q.Resource] {
					floor[field] = true
				}
			}
		}
		return found
	case Support:
		return q.Action == Read && slices.ContainsFunc(s.BreakGlass, func(b BreakGlass) bool {
			return b.OrgID == org && b.open(q.Now) && b.ApproverID != s.ID
		})
	case System:
		return org == s.OrgID && s.OrgStatus == OrgActive && slices.Contains(s.Credential.Scopes, string(q.Resource)+":"+string(q.Action))
	default:
		return false
	}
}

// viewerSees reports whether a viewer may read q's row type, and adds to floor
// what the clinic does not show to viewers.
func (m Membership) viewerSees(q Request, floor map[string]bool) bool {
	if q.Action != Read {
		return false
	}
	if m.ViewersSeeTranscripts {
		return true
	}
	if q.Resource == Call {
		floor["transcript"], floor["structured_data"] = true, true
	}
	return q.Resource != Recording
}

// active holds from Starts until just before Expires.
func (g Grant) active(now time.Time) bool {
	return !g.Revoked && g.Status == OrgActive && within(g.Starts, now, g.Expires)
}

// open holds for an approved session of at most an hour that has not ended.
func (b BreakGlass) open(now time.Time) bool {
	return b.Approved && !b.Ended && b.Status == OrgActive && b.ApproverID != uuid.Nil &&
		within(b.Starts, now, b.Expires) && b.Expires.Unix()-b.Starts.Unix() <= int64(time.Hour/time.Second)
}

// within judges by whole seconds, as the policy does: it is all that a record
// keeps of a time, and a decision that is made again must come out the same. A
// grant ends up to a second early for it, and never late.
func within(starts, now, expires time.Time) bool {
	return starts.Unix() <= now.Unix() && now.Unix() < expires.Unix()
}

// addMasks joins the policy's masks with the floor; ok is false when either
// names a field that cannot be masked, and so would not be hidden.
func addMasks(masks map[Resource][]string, r Resource, floor map[string]bool) (map[Resource][]string, bool) {
	joined := make(map[Resource][]string, len(masks)+1)
	for res, fields := range masks {
		for _, f := range fields {
			if !slices.Contains(res.Maskable(), f) {
				return nil, false
			}
		}
		joined[res] = slices.Clone(fields)
	}
	for f := range floor {
		if !slices.Contains(r.Maskable(), f) {
			return nil, false
		}
		if !slices.Contains(joined[r], f) {
			joined[r] = append(joined[r], f)
		}
	}
	for res := range joined {
		slices.Sort(joined[res])
	}
	return joined, true
}
