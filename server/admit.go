package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/directory"
)

// gate lets a request in when its credential proves who asks, and only for
// orgs that were proved with it.
type gate struct {
	auth      *auth.Authenticator
	directory *directory.Directory
	records   *audit.Writer
	policies  policy.Source
	host      auth.Host
	log       *slog.Logger
	now       func() time.Time
	newID     func() uuid.UUID
}

// admit proves who sent r and chooses among the orgs that this proves. The
// returned context holds the graph.Request and what its payer's rows say.
//
// It reads everything live. A WebSocket calls it for each of its operations.
func (g *gate) admit(ctx context.Context, r *http.Request) (context.Context, graph.Request, *refusal) {
	ctx, facts := directory.WithFacts(ctx)
	who, err := g.auth.Authenticate(ctx, r)
	if err != nil {
		return nil, graph.Request{}, g.unproven(ctx, err)
	}
	x := exchangeOf(ctx)
	x.kind = who.Subject.Kind
	if who.Subject.Credential.Type == policy.Key {
		g.directory.KeyUsed(ctx, who.Subject.Credential.ID)
	}
	orgs, _, err := auth.Choose(r, who, g.host)
	if err != nil {
		return nil, graph.Request{}, g.unchosen(ctx, who.Subject, err)
	}
	x.orgs = len(orgs)
	request := graph.Request{
		Subject: who.Subject, Orgs: orgs, Zones: facts.Zones(),
		Origin:         audit.Origin{RequestID: x.id, TraceID: x.traceID},
		IdempotencyKey: r.Header.Get("Idempotency-Key"),
	}
	ctx = context.WithValue(ctx, payerKey{}, payerOf(request, facts))
	ctx = context.WithValue(ctx, provedKey{}, r)
	return graph.WithRequest(ctx, request), request, nil
}

// provedKey holds the request whose credential proved a stream's subject.
type provedKey struct{}

// refresh proves the subject of a stream again, with the credential that opened
// it. One that proves it no longer gives the zero Subject.
func (g *gate) refresh(ctx context.Context, s policy.Subject) (policy.Subject, error) {
	r, ok := ctx.Value(provedKey{}).(*http.Request)
	if !ok {
		return policy.Subject{}, errors.New("proving a stream's subject again: it has no credential")
	}
	who, err := g.auth.Authenticate(ctx, r)
	var refused *auth.Error
	switch {
	case errors.As(err, &refused) && !errors.Is(err, auth.ErrKeysUnavailable):
		return policy.Subject{}, nil
	case err != nil:
		return policy.Subject{}, fmt.Errorf("proving a stream's subject again: %w", err)
	case who.Subject.ID != s.ID:
		return policy.Subject{}, nil
	default:
		return who.Subject, nil
	}
}

// unproven is the answer to a credential that proves nobody.
func (g *gate) unproven(ctx context.Context, err error) *refusal {
	var refused *auth.Error
	switch {
	case errors.Is(err, auth.ErrKeysUnavailable):
		f := unavailableNow(auth.Reason(err))
		return &f
	case errors.As(err, &refused):
		return &refusal{
			status: http.StatusUnauthorized, code: fault.Unauthenticated, reason: auth.Reason(err),
			message: sentence(refused.Error()), challenge: challenge(refused),
		}
	default:
		g.log.ErrorContext(ctx, "a credential could not be looked up", "error", err)
		f := unavailableNow("directory_unavailable")
		return &f
	}
}

// challenge is the WWW-Authenticate of RFC 6750, section 3: no error code for
// who sent no credential.
func challenge(err *auth.Error) string {
	const scheme = `Bearer realm="cascade"`
	if errors.Is(err, auth.ErrNoCredential) {
		return scheme
	}
	return scheme + `, error="invalid_token", error_description="` + strings.ReplaceAll(err.Error(), `"`, `'`) + `"`
}

// unchosen is the answer to a choice of org that does not hold. One that is not
// proven gets its record before its answer, the same whether the org exists.
func (g *gate) unchosen(ctx context.Context, s policy.Subject, err error) *refusal {
	var stranger *auth.NotProven
	if !errors.As(err, &stranger) {
		return &refusal{
			status: http.StatusBadRequest, code: fault.BadUserInput, reason: auth.Reason(err), message: sentence(err.Error()),
		}
	}
	x := exchangeOf(ctx)
	denied := policy.Request{
		Subject: s, Action: policy.Read, Resource: policy.Organization, Now: g.now(),
		Operation: "choose org by " + stranger.By + ": " + stranger.Asked,
	}
	// An id is recorded as asked for, so that the clinic it may belong to sees
	// the attempt too. Whether it is anybody's is not looked up.
	if id, err := uuid.Parse(stranger.Asked); err == nil {
		denied.Orgs = []uuid.UUID{id}
	}
	decision := policy.Deny(denied, policy.ReasonOrgNotProven, policy.Evidence{ID: g.newID(), Revision: g.policies.For(nil).Revision()})
	kept := g.records.Append(audit.NewRecord(decision, audit.Origin{RequestID: x.id, TraceID: x.traceID}))
	if err := kept(ctx); err != nil {
		g.log.ErrorContext(ctx, "a refusal was withheld: its record could not be kept", "error", err)
		f := unavailableNow("audit_unavailable")
		return &f
	}
	return &refusal{
		status: http.StatusForbidden, code: fault.Forbidden, reason: policy.ReasonOrgNotProven, message: sentence(stranger.Error()),
	}
}

// sentence makes an error's text one for people.
func sentence(text string) string {
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
