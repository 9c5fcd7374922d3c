package policy

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Request is one question: may this subject do this with rows of this type in
// these orgs?
type Request struct {
	Subject  Subject
	Action   Action
	Resource Resource
	// Orgs are the candidates: what the subject asked for among what it proved.
	Orgs []uuid.UUID
	// Operation is the name of the GraphQL operation, webhook or job, for the
	// record and for policies that care.
	Operation string
	// Now is the one clock reading of the whole request.
	Now time.Time
}

// Verdict is the policy's own answer, before the envelope. It is only a claim.
type Verdict struct {
	Allow       bool
	Reason      string
	OrgIDs      []uuid.UUID
	Wide        bool // every org, for the few row types that know it
	Masks       map[Resource][]string
	Obligations []string
}

// Decider answers requests under one policy revision. It never fails: what
// cannot be decided is denied, with a reason that pages someone.
type Decider interface {
	Decide(context.Context, Request) Decision
	Revision() string
}

// Source hands out Deciders. A request takes one, once, for the orgs that it is
// about, and keeps it, so that no request mixes two revisions.
type Source interface {
	For(orgs []uuid.UUID) Decider
}

// Decision is an answer that the envelope has checked. Its fields are closed:
// only Judge makes one that allows, and the zero Decision denies.
type Decision struct {
	id          uuid.UUID
	request     Request
	allow       bool
	wide        bool
	reason      string
	orgs        []uuid.UUID
	masks       map[Resource][]string
	obligations []string
	revision    string
	input       []byte
}

// ID names the decision in its record, in errors and in traces.
func (d Decision) ID() uuid.UUID { return d.id }

// Request is the question it answers.
func (d Decision) Request() Request { return d.request }

// Allowed is the one question most callers have.
func (d Decision) Allowed() bool { return d.allow }

// Reason is a stable code for people and programs.
func (d Decision) Reason() string { return d.reason }

// Orgs are the orgs whose rows may be touched; nil when denied or wide.
func (d Decision) Orgs() []uuid.UUID { return slices.Clone(d.orgs) }

// Wide is true where a platform kind may act on every org's rows of a row type
// that holds no health data. To read, it opens the table to the scope. To write,
// it opens none: it lets the program call the function of the database that does
// one such thing, and which keeps rules of its own.
func (d Decision) Wide() bool { return d.wide }

// Masks are the fields that must not be shown, by row type.
func (d Decision) Masks() map[Resource][]string { return d.masks }

// Obligations are what the policy asks to be done beside the work, by code.
func (d Decision) Obligations() []string { return d.obligations }

// Revision is the policy revision that answered.
func (d Decision) Revision() string { return d.revision }

// Input is the exact document that the policy saw, kept so that the decision
// can be replayed. It holds no health data.
func (d Decision) Input() []byte { return d.input }

// Err returns nil when allowed, else a *Denied that carries reason and id.
func (d Decision) Err() error {
	if d.allow {
		return nil
	}
	return &Denied{ID: d.id, Action: d.request.Action, Resource: d.request.Resource, Reason: d.reason}
}
