// Package perturb changes one field of a question at a time, each to every other
// value that it may take. Asked again so, a policy shows which fields its answer
// hangs on: a guard that no recorded question ever tripped is tripped by one of
// the changes, and a denial that one of them turns is a denial explained.
package perturb

import (
	"iter"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// Sort says what a change is of.
type Sort string

// The sorts of change.
const (
	Question Sort = "question" // what is asked: the action, the row type, the orgs, when
	Proof    Sort = "proof"    // the credential
	Fact     Sort = "fact"     // a row that is there: a membership, grant, session or status
	NewFact  Sort = "new_fact" // a row that is not there yet
	Identity Sort = "identity" // who asks
)

// Change is a question in which one thing is other than it was.
type Change struct {
	Sort  Sort   `json:"sort"`
	Field string `json:"field"` // as in "grants[0].expires"
	// Says is the change as a condition, after "if": "the second factor had been
	// used".
	Says string `json:"says"`
	// Org is the org that the change is a fact of; zero for what belongs to the
	// subject and to the question.
	Org uuid.UUID `json:"org"`
	// Request is the question as changed. It shares nothing with the original
	// that the change touched.
	Request policy.Request `json:"-"`
}

// Of yields every change of q, cheap ones first: the proof, then the facts that
// are there, then facts that are not, then the question and who asks.
func Of(q policy.Request) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		p := &perturber{original: q, yield: yield}
		p.proof()
		p.memberships()
		p.grants()
		p.sessions()
		p.own()
		p.newFacts()
		p.question()
		p.identity()
	}
}

// perturber yields until no more is wanted.
type perturber struct {
	original policy.Request
	yield    func(Change) bool
	done     bool
}

// change yields the original with one thing changed by set.
func (p *perturber) change(c Change, set func(*policy.Request)) {
	if p.done {
		return
	}
	c.Request = clone(p.original)
	set(&c.Request)
	p.done = !p.yield(c)
}

// asked reports whether org is one of those asked for: no policy sees the facts
// of others.
func (p *perturber) asked(org uuid.UUID) bool { return slices.Contains(p.original.Orgs, org) }

// clone copies all that a change may touch.
func clone(q policy.Request) policy.Request {
	q.Orgs = slices.Clone(q.Orgs)
	s := &q.Subject
	s.Memberships, s.Grants, s.BreakGlass = slices.Clone(s.Memberships), slices.Clone(s.Grants), slices.Clone(s.BreakGlass)
	s.Credential.Scopes = slices.Clone(s.Credential.Scopes)
	return q
}

func (p *perturber) proof() {
	c := p.original.Subject.Credential
	says := "the second factor had been used"
	if c.MFA {
		says = "no second factor had been used"
	}
	p.change(Change{Sort: Proof, Field: "credential.mfa", Says: says}, func(q *policy.Request) { q.Subject.Credential.MFA = !c.MFA })
	scope := domain.Scope(p.original.Action, p.original.Resource)
	if !slices.Contains(c.Scopes, scope) {
		p.change(Change{Sort: Proof, Field: "credential.scopes", Says: "the " + holder(c.Type) + " had the scope " + scope}, func(q *policy.Request) {
			q.Subject.Credential.Scopes = append(q.Subject.Credential.Scopes, scope)
		})
	}
	for i, s := range c.Scopes {
		p.change(Change{Sort: Proof, Field: "credential.scopes", Says: "the " + holder(c.Type) + " had no scope " + s}, func(q *policy.Request) {
			q.Subject.Credential.Scopes = slices.Delete(q.Subject.Credential.Scopes, i, i+1)
		})
	}
	if len(c.Scopes) > 0 {
		p.change(Change{Sort: Proof, Field: "credential.scopes", Says: "the " + holder(c.Type) + " had no scopes"}, func(q *policy.Request) {
			q.Subject.Credential.Scopes = nil
		})
	}
	for _, t := range others(domain.Credentials(), c.Type) {
		p.change(Change{Sort: Proof, Field: "credential.type", Says: "it were asked with a credential of type " + string(t)}, func(q *policy.Request) {
			q.Subject.Credential.Type = t
		})
	}
}

// holder names what carries scopes.
func holder(t policy.CredentialType) string {
	switch t {
	case policy.Key:
		return "key"
	case policy.JWT, policy.OAuth2:
		return "token"
	case policy.Webhook, policy.Job:
		return "task"
	default:
		return "credential"
	}
}

// own changes the subject's own organization.
func (p *perturber) own() {
	s := p.original.Subject
	if s.OrgID != uuid.Nil || s.OrgStatus != "" {
		for _, status := range others(domain.Statuses(), s.OrgStatus) {
			p.change(Change{Sort: Fact, Field: "org_status", Org: s.OrgID, Says: "its own organization were " + string(status) + " (it is " + orNone(s.OrgStatus) + ")"},
				func(q *policy.Request) { q.Subject.OrgStatus = status })
		}
	}
	for _, org := range append(slices.Clone(p.original.Orgs), stranger) {
		if org != s.OrgID {
			p.change(Change{Sort: Identity, Field: "org_id", Org: org, Says: "it were of organization " + org.String()}, func(q *policy.Request) {
				q.Subject.OrgID = org
			})
		}
	}
}

func orNone(s policy.OrgStatus) string {
	if s == "" {
		return "of no status"
	}
	return string(s)
}

func (p *perturber) question() {
	was := p.original
	for _, a := range others(domain.Actions(), was.Action) {
		p.change(Change{Sort: Question, Field: "action", Says: "the action were " + string(a)}, func(q *policy.Request) { q.Action = a })
	}
	for _, r := range others(domain.Resources(), was.Resource) {
		p.change(Change{Sort: Question, Field: "resource", Says: "it were about " + domain.Rows(r)}, func(q *policy.Request) {
			q.Resource = r
		})
	}
	for i, org := range was.Orgs {
		p.change(Change{Sort: Question, Field: "orgs", Org: org, Says: "organization " + org.String() + " were not asked for"}, func(q *policy.Request) {
			q.Orgs = slices.Delete(q.Orgs, i, i+1)
		})
		p.change(Change{Sort: Question, Field: "orgs", Org: org, Says: "another organization were asked for instead of " + org.String()}, func(q *policy.Request) {
			q.Orgs[i] = stranger
		})
	}
	p.change(Change{Sort: Question, Field: "orgs", Says: "another organization were asked for too"}, func(q *policy.Request) {
		q.Orgs = append(q.Orgs, stranger)
	})
	p.change(Change{Sort: Question, Field: "operation", Says: "it were another operation"}, func(q *policy.Request) { q.Operation += "?" })
}

func (p *perturber) identity() {
	for _, kind := range append(others(domain.Kinds(), p.original.Subject.Kind), "") {
		says := "the subject were one of the " + domain.Subjects(kind)
		p.change(Change{Sort: Identity, Field: "kind", Says: says}, func(q *policy.Request) { q.Subject.Kind = kind })
	}
	p.change(Change{Sort: Identity, Field: "id", Says: "the subject were somebody else"}, func(q *policy.Request) { q.Subject.ID = somebody })
}

func others[T comparable](all []T, but T) []T {
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool { return v == but })
}
