package lattice

import (
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// The ids and the moment of every question. Only their relations matter.
var (
	person   = uuid.MustParse("01900000-0000-7000-8000-000000000001")
	approver = uuid.MustParse("01900000-0000-7000-8000-000000000002")
	home     = uuid.MustParse("01900000-0000-7000-8000-00000000000a") // the clinic it is about
	second   = uuid.MustParse("01900000-0000-7000-8000-00000000000b") // another clinic
	bridge   = uuid.MustParse("01900000-0000-7000-8000-00000000000e") // the partner's own organization
	first    = uuid.MustParse("01900000-0000-7000-8000-0000000000f1") // a grant or session in home
	other    = uuid.MustParse("01900000-0000-7000-8000-0000000000f2") // one elsewhere
	noon     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)         // a Monday
)

func always(set func(*policy.Request)) func(*policy.Request) bool {
	return func(q *policy.Request) bool { set(q); return true }
}

func membership(org uuid.UUID, role policy.Role) policy.Membership {
	return policy.Membership{OrgID: org, Role: role, Status: policy.OrgActive}
}

// factIn names the grant or session that there is in org.
func factIn(org uuid.UUID) uuid.UUID {
	if org == home {
		return first
	}
	return other
}

// grant is active, lists what q asks, and hides nothing.
func grant(q *policy.Request, org uuid.UUID) policy.Grant {
	return policy.Grant{
		ID: factIn(org), OrgID: org, PartnerID: bridge, Status: policy.OrgActive,
		Actions: []policy.Action{q.Action}, Resources: []policy.Resource{q.Resource},
		Masks: map[policy.Resource][]string{}, Starts: q.Now.Add(-time.Hour), Expires: q.Now.Add(time.Hour),
	}
}

// session is open.
func session(q *policy.Request, org uuid.UUID) policy.BreakGlass {
	return policy.BreakGlass{
		ID: factIn(org), OrgID: org, Approved: true, ApproverID: approver, Status: policy.OrgActive,
		Starts: q.Now.Add(-20 * time.Minute), Expires: q.Now.Add(20 * time.Minute),
	}
}

func mfa() dimension {
	used := func(mfa bool) func(*policy.Request) bool {
		return always(func(q *policy.Request) { q.Subject.Credential.MFA = mfa })
	}
	return dimension{name: "second factor", values: []value{
		{"with a second factor", true, used(true)},
		{"without a second factor", false, used(false)},
	}}
}

// status is that of an organization, in words that end "of" it.
func status(of string, set func(*policy.Request, policy.OrgStatus)) dimension {
	d := dimension{name: "status"}
	for _, s := range domain.Statuses() {
		d.values = append(d.values, value{
			"of " + article(s) + " " + of, s == policy.OrgActive,
			always(func(q *policy.Request) { set(q, s) }),
		})
	}
	return d
}

func article(s policy.OrgStatus) string {
	if s == policy.OrgActive {
		return "an active"
	}
	return "a " + string(s)
}

// credential is the type of proof with the scopes on it: none, those that name
// the question, and those that name everything but. Types are those that a
// subject of the kind may come with, and for every kind the other two that
// people hold. free says whether a token without scopes is unremarkable.
func credential(free bool, types ...policy.CredentialType) dimension {
	d := dimension{name: "credential", many: "with a credential whose scopes do not name it"}
	for _, t := range types {
		with := func(scopes func(*policy.Request) []string) func(*policy.Request) bool {
			return always(func(q *policy.Request) {
				q.Subject.Credential.Type, q.Subject.Credential.Scopes = t, scopes(q)
			})
		}
		d.values = append(
			d.values,
			value{proofs[t] + " without scopes", free && t == policy.JWT, with(func(*policy.Request) []string {
				if t == policy.JWT {
					return nil
				}
				return []string{}
			})},
			value{proofs[t] + " whose scopes name it", true, with(func(q *policy.Request) []string {
				return []string{domain.Scope(q.Action, q.Resource)}
			})},
			value{proofs[t] + " whose scopes name something else", false, with(elsewhere)},
		)
	}
	return d
}

// proofs are the types of credential in words.
var proofs = map[policy.CredentialType]string{
	policy.JWT: "with a token", policy.Key: "with an API key", policy.OAuth2: "with an OAuth2 token",
	policy.Webhook: "as a webhook", policy.Job: "as a job",
}

// elsewhere are scopes that come close to naming the question and do not.
func elsewhere(q *policy.Request) []string {
	r, a := string(q.Resource), string(q.Action)
	return []string{
		"*", r, a, r + ":*", "*:" + a, r + ":" + a + "x", "x" + r + ":" + a,
		domain.Scope(domain.After(domain.Actions(), q.Action), q.Resource),
		domain.Scope(q.Action, domain.After(domain.Resources(), q.Resource)),
	}
}
