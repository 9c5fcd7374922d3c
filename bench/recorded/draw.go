package main

import (
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// clinics is how many there are; a few have most of the traffic.
const clinics = 1000

// month is how long a time the decisions are spread over, in order.
const month = 30 * 24 * time.Hour

// draw makes questions as a month brings them: mostly staff who read, partners
// by their grants, webhooks, and a few of the platform's own.
type draw struct {
	chance *rand.Rand
	clinic *rand.Zipf
	now    time.Time
	step   time.Duration
}

func newDraw(seed uint64, n int) *draw {
	chance := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a draw that can be made again
	return &draw{
		chance: chance, clinic: rand.NewZipf(chance, 1.1, 8, clinics-1),
		now: time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC), step: month / time.Duration(max(n, 1)),
	}
}

func id(sort byte, n int) uuid.UUID {
	return uuid.UUID{0: 1, 1: 0x9a, 2: sort, 6: 0x70, 8: 0x80, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)} //nolint:gosec // its low bytes
}

func pick[T any](d *draw, from ...T) T { return from[d.chance.IntN(len(from))] }

// oneIn is true once in n times.
func (d *draw) oneIn(n int) bool { return d.chance.IntN(n) == 0 }

// question is the next one, a moment after the last.
func (d *draw) question() policy.Request {
	d.now = d.now.Add(d.step)
	org := int(d.clinic.Uint64()) //nolint:gosec // below clinics
	q := policy.Request{Now: d.now, Orgs: []uuid.UUID{id(0xc1, org)}, Operation: "Calls", Action: policy.Read, Resource: policy.Call}
	switch n := d.chance.IntN(100); {
	case n < 68:
		d.member(&q, org)
	case n < 88:
		d.partner(&q, org)
	case n < 98:
		d.system(&q, org)
	case n < 99:
		d.support(&q, org)
	default:
		q.Orgs, q.Resource = nil, policy.AuditDecision
		q.Subject = policy.Subject{
			ID: id(0xa0, d.chance.IntN(9)), Kind: pick(d, policy.Auditor, policy.Security, policy.Operator),
			Credential: policy.Credential{Type: policy.JWT, MFA: !d.oneIn(10)},
		}
	}
	return q
}

func (d *draw) member(q *policy.Request, org int) {
	q.Resource = pick(d, policy.Call, policy.Call, policy.Contact, policy.Appointment, policy.CallStats, policy.Recording, policy.Agent, policy.Escalation)
	if d.oneIn(6) {
		q.Action, q.Operation = pick(d, policy.Create, policy.Update, policy.Delete), "Change"
	}
	q.Subject = policy.Subject{
		ID: id(0x11, org*8+d.chance.IntN(8)), Kind: policy.Member, Credential: policy.Credential{Type: policy.JWT, MFA: d.oneIn(2)},
	}
	if d.oneIn(20) { // a group of clinics
		for n := range 4 {
			q.Orgs = append(q.Orgs, id(0xc1, (org+n+1)%clinics))
		}
	}
	for _, o := range q.Orgs {
		m := policy.Membership{OrgID: o, Role: pick(d, policy.Owner, policy.Admin, policy.Staff, policy.Staff, policy.Viewer), Status: policy.OrgActive}
		if m.ViewersSeeTranscripts = d.oneIn(3); d.oneIn(50) {
			m.Status = policy.OrgSuspended
		}
		q.Subject.Memberships = append(q.Subject.Memberships, m)
	}
}

func (d *draw) partner(q *policy.Request, org int) {
	q.Resource = pick(d, policy.Call, policy.Call, policy.Appointment, policy.Contact, policy.Recording)
	partner := id(0xb1, org%40)
	q.Subject = policy.Subject{
		ID: id(0x12, org%40*3+d.chance.IntN(3)), Kind: policy.Partner, OrgID: partner, OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Key, Scopes: []string{"call:read", "appointment:read", "contact:read", "recording:read"}},
	}
	for n := range d.chance.IntN(3) {
		g := policy.Grant{
			ID: id(0x61, org*2+n), OrgID: q.Orgs[0], PartnerID: partner, Status: policy.OrgActive, Revoked: d.oneIn(20),
			Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Call, policy.Appointment},
			Masks:  map[policy.Resource][]string{policy.Call: {"transcript", "structured_data"}},
			Starts: d.now.Add(-month), Expires: d.now.Add(month),
		}
		if d.oneIn(15) {
			g.Expires = d.now.Add(-time.Hour)
		}
		q.Subject.Grants = append(q.Subject.Grants, g)
	}
}

func (d *draw) system(q *policy.Request, org int) {
	q.Action, q.Operation = policy.Ingest, "end-of-call-report"
	q.Resource = pick(d, policy.Call, policy.Contact, policy.Appointment)
	q.Subject = policy.Subject{
		ID: id(0x13, org), Kind: policy.System, OrgID: q.Orgs[0], OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Webhook, Scopes: []string{"call:ingest", "contact:ingest", "appointment:ingest"}},
	}
}

func (d *draw) support(q *policy.Request, org int) {
	q.Subject = policy.Subject{
		ID: id(0xa1, d.chance.IntN(20)), Kind: policy.Support, Credential: policy.Credential{Type: policy.JWT, MFA: !d.oneIn(10)},
	}
	if !d.oneIn(4) {
		q.Subject.BreakGlass = []policy.BreakGlass{{
			ID: id(0x62, org), OrgID: q.Orgs[0], Status: policy.OrgActive, Approved: !d.oneIn(5), ApproverID: id(0xa2, 1),
			Starts: d.now.Add(-20 * time.Minute), Expires: d.now.Add(20 * time.Minute), Ended: d.oneIn(10),
		}}
	}
}
