package opa

import (
	"encoding/json"
	"strconv"

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

// value is the input as the evaluator wants it, built by hand: a fifth cheaper
// than converting the JSON document.
func (in input) value() ast.Value {
	s := in.Subject
	memberships := ast.NewObject()
	for org, m := range s.Memberships {
		memberships.Insert(str(org), object(
			"role", str(m.Role), "status", str(m.Status), "viewers_see_transcripts", boolean(m.ViewersSeeTranscripts)))
	}
	grants := ast.NewObject()
	for org, list := range s.Grants {
		terms := make([]*ast.Term, len(list))
		for i, g := range list {
			terms[i] = object(
				"id", str(g.ID), "status", str(g.Status), "actions", array(g.Actions), "resources", array(g.Resources),
				"masks", array(g.Masks), "starts", number(g.Starts), "expires", number(g.Expires), "revoked", boolean(g.Revoked))
		}
		grants.Insert(str(org), ast.ArrayTerm(terms...))
	}
	sessions := ast.NewObject()
	for org, list := range s.BreakGlass {
		terms := make([]*ast.Term, len(list))
		for i, b := range list {
			terms[i] = object(
				"id", str(b.ID), "status", str(b.Status), "approved", boolean(b.Approved), "approver", str(b.Approver),
				"ended", boolean(b.Ended), "starts", number(b.Starts), "expires", number(b.Expires))
		}
		sessions.Insert(str(org), ast.ArrayTerm(terms...))
	}
	return object(
		"now", number(in.Now), "action", str(in.Action), "resource", str(in.Resource), "operation", str(in.Operation),
		"orgs", array(in.Orgs),
		"subject", object(
			"id", str(s.ID), "kind", str(s.Kind), "org_id", str(s.OrgID), "org_status", str(s.OrgStatus),
			"mfa", boolean(s.MFA), "credential", str(s.Credential), "scopes", array(s.Scopes),
			"memberships", ast.NewTerm(memberships), "grants", ast.NewTerm(grants), "break_glass", ast.NewTerm(sessions)),
	).Value
}

// object makes an object of names and *ast.Term values in turn.
func object(pairs ...any) *ast.Term {
	o := ast.NewObject()
	for i := 0; i < len(pairs); i += 2 {
		o.Insert(ast.InternedTerm(pairs[i].(string)), pairs[i+1].(*ast.Term)) //nolint:errcheck // written above, always so
	}
	return ast.NewTerm(o)
}

func array(list []string) *ast.Term {
	terms := make([]*ast.Term, len(list))
	for i, s := range list {
		terms[i] = str(s)
	}
	return ast.ArrayTerm(terms...)
}

func str(s string) *ast.Term   { return ast.StringTerm(s) }
func boolean(b bool) *ast.Term { return ast.InternedTerm(b) }
func number(n int64) *ast.Term { return ast.NumberTerm(json.Number(strconv.FormatInt(n, 10))) }

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
