package opa

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy"
)

// ErrInput means that a text is no input document of this version.
var ErrInput = errors.New("not an input of a decision")

// Question is a recorded question, read once for any number of generations. It
// is for one goroutine at a time, because the evaluator sorts what it reads. Its
// zero value is no question.
type Question struct {
	request policy.Request
	value   ast.Value
}

// Request is what was asked.
func (q Question) Request() policy.Request { return q.request }

// ReadInput makes the question of a recorded decision again, from the document
// that the policy saw (policy.Decision.Input). To decide it is to decide the
// same: whatever a policy or the envelope looks at is in the document, times to
// the second, and a document that this version would have written otherwise is
// refused with ErrInput. What no decision depends on is gone: slugs, tickets, the
// credential's id.
func ReadInput(document []byte) (policy.Request, error) {
	q, err := ReadQuestion(document)
	return q.request, err
}

// ReadQuestion is ReadInput for Generation.Answer.
func ReadQuestion(document []byte) (Question, error) {
	q, again, err := readInput(document)
	if err != nil {
		return Question{}, err
	}
	return Question{request: q, value: again.value()}, nil
}

// readInput returns the question and the document that it would have today.
func readInput(document []byte) (policy.Request, input, error) {
	var in input
	// What it does not know, and what is missing, shows when it is written again.
	if err := json.Unmarshal(document, &in); err != nil {
		return policy.Request{}, input{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	r := inputReader{}
	q := r.request(in)
	if r.err != nil {
		return policy.Request{}, input{}, fmt.Errorf("%w: %w", ErrInput, r.err)
	}
	again := newInput(q)
	if text := again.json(); !bytes.Equal(text, document) {
		return policy.Request{}, input{}, fmt.Errorf("%w: it would be written %s", ErrInput, text)
	}
	return q, again, nil
}

// inputReader keeps the first error.
type inputReader struct{ err error }

func (r *inputReader) id(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil && r.err == nil {
		r.err = err
	}
	return id
}

func (r *inputReader) request(in input) policy.Request {
	s := in.Subject
	q := policy.Request{
		Action: policy.Action(in.Action), Resource: policy.Resource(in.Resource), Operation: in.Operation,
		Orgs: make([]uuid.UUID, len(in.Orgs)), Now: at(in.Now),
		Subject: policy.Subject{
			ID: r.id(s.ID), Kind: policy.Kind(s.Kind), OrgID: r.id(s.OrgID), OrgStatus: policy.OrgStatus(s.OrgStatus),
			Credential: policy.Credential{Type: policy.CredentialType(s.Credential), Scopes: s.Scopes, MFA: s.MFA},
		},
	}
	for i, org := range in.Orgs {
		q.Orgs[i] = r.id(org)
	}
	// In the order of the orgs asked for, and what the document says of others
	// does not come back: it must not be there.
	for i, name := range in.Orgs {
		org := q.Orgs[i]
		if m, ok := s.Memberships[name]; ok {
			q.Subject.Memberships = append(q.Subject.Memberships, policy.Membership{
				OrgID: org, Role: policy.Role(m.Role), Status: policy.OrgStatus(m.Status), ViewersSeeTranscripts: m.ViewersSeeTranscripts,
			})
		}
		for _, g := range s.Grants[name] {
			q.Subject.Grants = append(q.Subject.Grants, policy.Grant{
				// The directory finds a partner's grants by the partner.
				ID: r.id(g.ID), OrgID: org, PartnerID: q.Subject.OrgID,
				Actions: typed[policy.Action](g.Actions), Resources: typed[policy.Resource](g.Resources),
				Masks:  map[policy.Resource][]string{q.Resource: g.Masks},
				Starts: at(g.Starts), Expires: at(g.Expires), Revoked: g.Revoked, Status: policy.OrgStatus(g.Status),
			})
		}
		for _, b := range s.BreakGlass[name] {
			q.Subject.BreakGlass = append(q.Subject.BreakGlass, policy.BreakGlass{
				ID: r.id(b.ID), OrgID: org, Approved: b.Approved, ApproverID: r.id(b.Approver), Ended: b.Ended,
				Starts: at(b.Starts), Expires: at(b.Expires), Status: policy.OrgStatus(b.Status),
			})
		}
	}
	return q
}

func at(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func typed[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, s := range list {
		out[i] = T(s)
	}
	return out
}
