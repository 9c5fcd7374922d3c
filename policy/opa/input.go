package opa

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy"
)

// input is the document that policies see. Every field is always there: under
// "not", a missing field would open the door. Facts are those of the orgs
// asked for, keyed by org, so that no policy has to search. It holds no health
// data, and is kept with the decision so that it can be made again.
type input struct {
	Now       int64        `json:"now"` // unix seconds
	Action    string       `json:"action"`
	Resource  string       `json:"resource"`
	Operation string       `json:"operation"`
	Orgs      []string     `json:"orgs"`
	Subject   inputSubject `json:"subject"`
}

type inputSubject struct {
	ID          string                       `json:"id"`
	Kind        string                       `json:"kind"`
	OrgID       string                       `json:"org_id"`
	OrgStatus   string                       `json:"org_status"`
	MFA         bool                         `json:"mfa"`
	Credential  string                       `json:"credential"`
	Scopes      []string                     `json:"scopes"`
	Memberships map[string]inputMembership   `json:"memberships"`
	Grants      map[string][]inputGrant      `json:"grants"`
	BreakGlass  map[string][]inputBreakGlass `json:"break_glass"`
}

type inputMembership struct {
	Role                  string `json:"role"`
	Status                string `json:"status"`
	ViewersSeeTranscripts bool   `json:"viewers_see_transcripts"`
}

type inputGrant struct {
	ID        string   `json:"id"`
	Status    string   `json:"status"`
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
	Masks     []string `json:"masks"` // of the row type asked for
	Starts    int64    `json:"starts"`
	Expires   int64    `json:"expires"`
	Revoked   bool     `json:"revoked"`
}

type inputBreakGlass struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Approved bool   `json:"approved"`
	Approver string `json:"approver"`
	Ended    bool   `json:"ended"`
	Starts   int64  `json:"starts"`
	Expires  int64  `json:"expires"`
}

func newInput(q policy.Request) input {
	s := q.Subject
	in := input{
		Now: q.Now.Unix(), Action: string(q.Action), Resource: string(q.Resource), Operation: q.Operation,
		Orgs: make([]string, len(q.Orgs)),
		Subject: inputSubject{
			ID: s.ID.String(), Kind: string(s.Kind), OrgID: s.OrgID.String(), OrgStatus: string(s.OrgStatus),
			MFA: s.Credential.MFA, Credential: string(s.Credential.Type),
			Scopes:      append([]string{}, s.Credential.Scopes...),
			Memberships: map[string]inputMembership{},
			Grants:      make(map[string][]inputGrant, len(q.Orgs)),
			BreakGlass:  make(map[string][]inputBreakGlass, len(q.Orgs)),
		},
	}
	names := make(map[uuid.UUID]string, len(q.Orgs))
	for i, org := range q.Orgs {
		name := org.String()
		names[org], in.Orgs[i] = name, name
		in.Subject.Grants[name] = []inputGrant{}
		in.Subject.BreakGlass[name] = []inputBreakGlass{}
	}
	for _, m := range s.Memberships {
		if name, ok := names[m.OrgID]; ok {
			in.Subject.Memberships[name] = inputMembership{string(m.Role), string(m.Status), m.ViewersSeeTranscripts}
		}
	}
	for _, g := range s.Grants {
		if name, ok := names[g.OrgID]; ok {
			in.Subject.Grants[name] = append(in.Subject.Grants[name], inputGrant{
				ID: g.ID.String(), Status: string(g.Status), Actions: texts(g.Actions), Resources: texts(g.Resources),
				Masks: append([]string{}, g.Masks[q.Resource]...), Starts: g.Starts.Unix(), Expires: g.Expires.Unix(), Revoked: g.Revoked,
			})
		}
	}
	for _, b := range s.BreakGlass {
		if name, ok := names[b.OrgID]; ok {
			in.Subject.BreakGlass[name] = append(in.Subject.BreakGlass[name], inputBreakGlass{
				ID: b.ID.String(), Status: string(b.Status), Approved: b.Approved, Approver: b.ApproverID.String(),
				Ended: b.Ended, Starts: b.Starts.Unix(), Expires: b.Expires.Unix(),
			})
		}
	}
	return in
}

// json is the input as it is kept.
func (in input) json() []byte {
	text, err := json.Marshal(in)
	if err != nil {
		// Strings, numbers and booleans always marshal.
		panic(err)
	}
	return text
}

// value is the input as the evaluator wants it, built by hand: a third of the
// price of converting the JSON document.
func (in input) value() ast.Value {
	s := in.Subject
	orgs := make([]*ast.Term, len(in.Orgs))
	memberships := ast.NewObjectWithCapacity(len(s.Memberships))
	grants := ast.NewObjectWithCapacity(len(in.Orgs))
	sessions := ast.NewObjectWithCapacity(len(in.Orgs))
	for i, org := range in.Orgs {
		name := str(org)
		orgs[i] = name
		if m, ok := s.Memberships[org]; ok {
			memberships.Insert(name, m.term())
		}
		grants.Insert(name, array(s.Grants[org], inputGrant.term))
		sessions.Insert(name, array(s.BreakGlass[org], inputBreakGlass.term))
	}
	return object(
		"now", number(in.Now), "action", str(in.Action), "resource", str(in.Resource), "operation", str(in.Operation),
		"orgs", ast.ArrayTerm(orgs...),
		"subject", object(
			"id", str(s.ID), "kind", str(s.Kind), "org_id", str(s.OrgID), "org_status", str(s.OrgStatus),
			"mfa", boolean(s.MFA), "credential", str(s.Credential), "scopes", array(s.Scopes, str),
			"memberships", ast.NewTerm(memberships), "grants", ast.NewTerm(grants), "break_glass", ast.NewTerm(sessions)),
	).Value
}

func (m inputMembership) term() *ast.Term {
	return object("role", str(m.Role), "status", str(m.Status), "viewers_see_transcripts", boolean(m.ViewersSeeTranscripts))
}

func (g inputGrant) term() *ast.Term {
	return object(
		"id", str(g.ID), "status", str(g.Status), "actions", array(g.Actions, str), "resources", array(g.Resources, str),
		"masks", array(g.Masks, str), "starts", number(g.Starts), "expires", number(g.Expires), "revoked", boolean(g.Revoked))
}

func (b inputBreakGlass) term() *ast.Term {
	return object(
		"id", str(b.ID), "status", str(b.Status), "approved", boolean(b.Approved), "approver", str(b.Approver),
		"ended", boolean(b.Ended), "starts", number(b.Starts), "expires", number(b.Expires))
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
