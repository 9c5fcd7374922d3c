package opa_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
)

// The policy and the envelope say the same thing twice, in two languages. Where
// the policy allows what the envelope refuses, one of them is wrong, and an
// alarm would wake somebody for a question that was merely unusual.
func TestPolicyStaysInsideTheEnvelope(t *testing.T) {
	t.Parallel()
	var alarm string
	e, err := opa.New(t.Context(), rego.Files, opa.Config{
		Budget: time.Minute,
		Alarm:  func(_ context.Context, reason string, _ error) { alarm = reason },
	})
	if err != nil {
		t.Fatal(err)
	}
	draw := newDraw(1)
	allowed, denied := map[policy.Kind]int{}, map[policy.Kind]int{}
	for range 2_000 {
		q := draw.request()
		d := e.Current().Decide(t.Context(), q)
		if alarm != "" {
			t.Fatalf("%s for %s", alarm, d.Input())
		}
		if d.Allowed() {
			allowed[q.Subject.Kind]++
		} else {
			denied[q.Subject.Kind]++
		}
	}
	for _, kind := range kinds {
		if allowed[kind] == 0 || denied[kind] == 0 {
			t.Errorf("%s: %d allowed and %d denied; the draw proves nothing", kind, allowed[kind], denied[kind])
		}
	}
}

// draw makes requests at random, most of them nearly right: a subject whose
// every fact is wrong would be denied for the first of them alone.
type draw struct{ *rand.Rand }

func newDraw(seed uint64) draw { return draw{rand.New(rand.NewPCG(seed, seed))} }

var (
	kinds     = []policy.Kind{policy.Member, policy.Partner, policy.Support, policy.Security, policy.Auditor, policy.Operator, policy.System}
	actions   = []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete, policy.Ingest}
	roles     = []policy.Role{policy.Owner, policy.Admin, policy.Staff, policy.Viewer}
	resources = []policy.Resource{
		policy.Call, policy.Recording, policy.Contact, policy.Organization, policy.AccessGrant, policy.APIKey,
		policy.AuditDecision, policy.BreakGlassSession, policy.PolicyRevision, policy.TrustedDocument, policy.Integration,
	}
	orgs = []uuid.UUID{clinic, other, uuid.MustParse("018f0000-0000-7000-8000-00000000000c")}
)

// mostly is true nine times of ten.
func (d draw) mostly() bool { return d.IntN(10) > 0 }

func pick[T any](d draw, from []T) T { return from[d.IntN(len(from))] }

// some is a part of from, in its order, never empty.
func some[T any](d draw, from []T) []T {
	first := d.IntN(len(from))
	return from[first : first+1+d.IntN(len(from)-first)]
}

func (d draw) status() policy.OrgStatus {
	if d.mostly() {
		return policy.OrgActive
	}
	return policy.OrgSuspended
}

// span is mostly around noon, and now and then begins or ends exactly then.
func (d draw) span(longest time.Duration) (starts, expires time.Time) {
	if d.mostly() {
		return noon.Add(-longest / 2), noon.Add(longest / 2)
	}
	return noon.Add(time.Duration(d.IntN(3)-1) * longest), noon.Add(time.Duration(d.IntN(3)-1) * longest)
}

func (d draw) request() policy.Request {
	q := policy.Request{Action: pick(d, actions), Resource: pick(d, resources), Orgs: some(d, orgs), Operation: "Draw", Now: noon}
	if d.mostly() {
		q.Action = policy.Read
	}
	if d.IntN(2) == 0 {
		q.Resource = policy.Call
	}
	s := policy.Subject{ID: person, Kind: pick(d, kinds), OrgID: pick(d, orgs), OrgStatus: d.status()}
	s.Credential = policy.Credential{Type: policy.JWT, MFA: d.mostly()}
	if s.Kind == policy.Partner || s.Kind == policy.System || !d.mostly() {
		s.Credential.Type, s.Credential.Scopes = policy.Key, []string{}
		if d.mostly() {
			s.Credential.Scopes = []string{string(q.Resource) + ":" + string(q.Action)}
		}
	}
	for _, org := range some(d, orgs) {
		s.Memberships = append(s.Memberships, policy.Membership{
			OrgID: org, Role: pick(d, roles), Status: d.status(), ViewersSeeTranscripts: d.IntN(2) == 0,
		})
		if org != s.OrgID { // nobody grants to itself
			s.Grants = append(s.Grants, d.grant(org, s.OrgID), d.grant(org, s.OrgID))
		}
		s.BreakGlass = append(s.BreakGlass, d.session(org))
	}
	q.Subject = s
	return q
}

func (d draw) grant(org, partner uuid.UUID) policy.Grant {
	g := policy.Grant{
		ID: uuid.UUID{byte(d.Uint32())}, OrgID: org, PartnerID: partner, Status: d.status(), Revoked: !d.mostly(),
		Actions: some(d, actions), Resources: some(d, resources),
		Masks: map[policy.Resource][]string{policy.Call: some(d, policy.Call.Maskable()), policy.Contact: some(d, policy.Contact.Maskable())},
	}
	g.Starts, g.Expires = d.span(48 * time.Hour)
	return g
}

func (d draw) session(org uuid.UUID) policy.BreakGlass {
	b := policy.BreakGlass{ID: uuid.UUID{byte(d.Uint32())}, OrgID: org, Status: d.status(), Ended: !d.mostly()}
	if b.Approved = d.mostly(); b.Approved {
		b.ApproverID = pick(d, []uuid.UUID{clinic, other, person})
		b.Starts, b.Expires = d.span(pick(d, []time.Duration{time.Hour, 30 * time.Minute, 2 * time.Hour}))
	}
	return b
}
