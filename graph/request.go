package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy"
)

// Request is what the transport proved about one GraphQL request before it
// reached this package.
type Request struct {
	Subject policy.Subject
	// Orgs are the candidates: all that the subject proved, or the ones that it
	// chose among them.
	Orgs []uuid.UUID
	// Zones are the time zones of orgs, as far as the credential's facts hold them.
	Zones  map[uuid.UUID]string
	Origin audit.Origin
	// IdempotencyKey is the header of that name; empty when absent.
	IdempotencyKey string
}

type requestKey struct{}

// WithRequest returns a context for one request.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom returns the request of ctx; without one nobody is known.
func RequestFrom(ctx context.Context) (Request, error) {
	r, ok := ctx.Value(requestKey{}).(Request)
	if !ok || !r.Subject.Known() {
		return Request{}, fault.New(fault.Unauthenticated, "Sign in first: send Authorization: Bearer <token>.")
	}
	return r, nil
}

// decided is what an operation's decisions came to; resolvers find it in their
// context.
type decided struct {
	now       time.Time
	request   Request
	decisions map[need]policy.Decision
	masked    []string       // for extensions.masked
	cost      map[string]any // for extensions.cost
	whole     bool           // false for a mutation of which a part was refused: no field of it runs
	concerned *uuid.UUID     // the clinic that the platform's own work turned out to be about
}

// wide reports whether all that the operation changes is the platform's to
// change, so that it is done in no clinic.
func (d decided) wide() bool {
	found := false
	for n, decision := range d.decisions {
		if n.action != policy.Read {
			found = true
			if !decision.Wide() {
				return false
			}
		}
	}
	return found
}

// concerns says which clinic the platform's own work is about, so that its record
// is the clinic's to see.
func concerns(ctx context.Context, org uuid.UUID) { *decidedFrom(ctx).concerned = org }

type decidedKey struct{}

func decidedFrom(ctx context.Context) decided {
	d, _ := ctx.Value(decidedKey{}).(decided)
	return d
}

// theOrg is the one clinic that this operation is about, for the row type.
func theOrg(ctx context.Context, a policy.Action, r policy.Resource) (uuid.UUID, error) {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	orgs := scope.Orgs(a, r)
	if len(orgs) != 1 {
		return uuid.Nil, chooseClinic()
	}
	return orgs[0], nil
}

func chooseClinic() error {
	return fault.New(fault.BadUserInput, "This is about one clinic: choose it with the header X-Cascade-Org (its slug or id).")
}
