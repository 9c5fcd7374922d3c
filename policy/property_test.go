package policy_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// A policy that answers at random, to random subjects, never gets an org, a
// width or a field past the envelope. What may pass is said here a second time,
// in other words than Judge's.
func TestNoVerdictEscapes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	passed := 0
	for range 200_000 {
		q, v := randomRequest(r), randomVerdict(r)
		d := policy.Judge(q, v, policy.Evidence{})
		if !d.Allowed() {
			if d.Wide() || len(d.Orgs()) > 0 || len(d.Masks()) > 0 {
				t.Fatalf("a denial gives something: %+v", d)
			}
			continue
		}
		passed++
		if !v.Allow || q.Subject.ID == uuid.Nil {
			t.Fatalf("allowed on its own account: %+v of %+v", v, q)
		}
		if d.Wide() {
			if !mayWide(q) || len(q.Resource.Maskable()) > 0 || len(d.Orgs()) > 0 {
				t.Fatalf("too wide: %+v", q)
			}
			continue
		}
		if len(d.Orgs()) == 0 {
			t.Fatalf("allowed nowhere: %+v", q)
		}
		for _, org := range d.Orgs() {
			if !slices.Contains(q.Orgs, org) || !slices.Contains(q.Subject.Proven(), org) || !held(q, org, d.Masks()[q.Resource]) {
				t.Fatalf("%s is out of reach of %+v", org, q)
			}
		}
	}
	if passed < 500 {
		t.Fatalf("only %d passed; the draw proves nothing", passed)
	}
}

// mayWide reports whether q may be allowed in every org at all.
func mayWide(q policy.Request) bool {
	what := string(q.Subject.Kind) + " " + string(q.Action) + " " + string(q.Resource)
	switch q.Subject.Kind {
	case policy.Security:
		return q.Action == policy.Read || what == "security update break_glass" ||
			what == "security create policy_revision" || what == "security update policy_revision"
	case policy.Auditor:
		return q.Action == policy.Read
	case policy.Operator:
		return q.Action == policy.Read || what == "operator create organization" || what == "operator update organization"
	case policy.Support:
		return what == "support create break_glass" || what == "support update break_glass"
	default:
		return false
	}
}

// held reports whether a fact of q's subject gives it org with these masks.
func held(q policy.Request, org uuid.UUID, masks []string) bool {
	s, now := q.Subject, q.Now
	for _, m := range s.Memberships {
		viewer := m.Role == policy.Viewer
		if s.Kind == policy.Member && m.OrgID == org && m.Status == policy.OrgActive &&
			(!viewer || q.Action == policy.Read) &&
			(!viewer || m.ViewersSeeTranscripts || q.Resource != policy.Recording) &&
			(!viewer || m.ViewersSeeTranscripts || q.Resource != policy.Call || slices.Contains(masks, "transcript")) {
			return true
		}
	}
	for _, g := range s.Grants {
		if s.Kind == policy.Partner && s.OrgStatus == policy.OrgActive && g.OrgID == org && g.PartnerID == s.OrgID &&
			g.Status == policy.OrgActive && !g.Revoked && !g.Starts.After(now) && g.Expires.After(now) &&
			slices.Contains(g.Actions, q.Action) && slices.Contains(g.Resources, q.Resource) {
			for _, field := range g.Masks[q.Resource] {
				if !slices.Contains(masks, field) {
					return false
				}
			}
			return true
		}
	}
	for _, b := range s.BreakGlass {
		if s.Kind == policy.Support && b.OrgID == org && q.Action == policy.Read && b.Approved && b.ApproverID != s.ID &&
			!b.Ended && b.Status == policy.OrgActive && !b.Starts.After(now) && b.Expires.After(now) &&
			!b.Expires.After(b.Starts.Add(time.Hour)) {
			return true
		}
	}
	own := s.OrgID == org && s.OrgStatus == policy.OrgActive
	return own && (s.Kind == policy.Partner ||
		s.Kind == policy.System && slices.Contains(s.Credential.Scopes, string(q.Resource)+":"+string(q.Action)))
}

func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// rarely is true once in eight times.
func rarely(r *rand.Rand) bool { return r.IntN(8) == 0 }

func anOrg(r *rand.Rand) uuid.UUID { return one(r, sunrise, harbor, bridge, uuid.Nil) }

func aStatus(r *rand.Rand) policy.OrgStatus {
	return one(r, policy.OrgActive, policy.OrgActive, policy.OrgActive, policy.OrgSuspended, "")
}

func aTime(r *rand.Rand) time.Time { return noon.Add(time.Duration(r.IntN(9)-4) * 15 * time.Minute) }

func randomRequest(r *rand.Rand) policy.Request {
	q := policy.Request{
		Action:   one(r, policy.Read, policy.Read, policy.Read, policy.Create, policy.Ingest, ""),
		Resource: one(r, policy.Call, policy.Recording, policy.Organization, policy.AuditDecision, "users"),
		Orgs:     []uuid.UUID{anOrg(r), anOrg(r)},
		Now:      noon,
	}
	s := policy.Subject{
		ID:    person,
		Kind:  one(r, policy.Member, policy.Partner, policy.Support, policy.Security, policy.Auditor, policy.Operator, policy.System, "root", ""),
		OrgID: anOrg(r), OrgStatus: aStatus(r),
		Memberships: []policy.Membership{{
			OrgID: anOrg(r), Role: one(r, policy.Owner, policy.Staff, policy.Viewer, ""), Status: aStatus(r), ViewersSeeTranscripts: rarely(r),
		}},
		Grants: []policy.Grant{{
			OrgID: anOrg(r), PartnerID: anOrg(r), Actions: []policy.Action{q.Action}, Resources: []policy.Resource{policy.Call, policy.Recording},
			Masks:  map[policy.Resource][]string{policy.Call: {one(r, "transcript", "summary", "nothing")}},
			Starts: aTime(r), Expires: aTime(r), Revoked: rarely(r), Status: aStatus(r),
		}},
		BreakGlass: []policy.BreakGlass{{
			OrgID: anOrg(r), Approved: !rarely(r), ApproverID: one(r, second, person, uuid.Nil),
			Starts: aTime(r), Expires: aTime(r), Ended: rarely(r), Status: aStatus(r),
		}},
		Credential: policy.Credential{Scopes: []string{one(r, "call:read", "recording:create", "*")}},
	}
	if rarely(r) {
		s.ID = uuid.Nil
	}
	q.Subject = s
	return q
}

func randomVerdict(r *rand.Rand) policy.Verdict {
	v := policy.Verdict{Allow: !rarely(r), Reason: "dice", Wide: rarely(r)}
	for range r.IntN(3) {
		v.OrgIDs = append(v.OrgIDs, anOrg(r))
	}
	if rarely(r) {
		v.Masks = map[policy.Resource][]string{one(r, policy.Call, "users"): {one(r, "transcript", "everything")}}
	}
	return v
}
