package onboarding

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/provider"
)

// need is one question to the policy.
type need struct {
	action   policy.Action
	resource policy.Resource
}

// always is what every part of the work needs.
var always = []need{{policy.Ingest, policy.Onboarding}, {policy.Read, policy.Organization}} //nolint:gochecknoglobals // immutable table

// decided is a scope and the records of the decisions it is made of.
type decided struct {
	scope   policy.Scope
	records []audit.Record
}

// decide asks the policy about each need of work on one clinic. That the clinic
// may be served is seen when it is claimed.
func (s *Saga) decide(ctx context.Context, org uuid.UUID, operation string, needs ...need) (decided, error) {
	// The subject is the errand, which has no id of its own before it is claimed.
	subject := policy.Subject{
		ID: org, Kind: policy.System, OrgID: org, OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Job, ID: "onboarding"},
	}
	for _, n := range needs {
		subject.Credential.Scopes = append(subject.Credential.Scopes, string(n.resource)+":"+string(n.action))
	}
	decider := s.Policies.For([]uuid.UUID{org})
	var out decided
	var decisions []policy.Decision
	for _, n := range needs {
		d := decider.Decide(ctx, policy.Request{
			Subject: subject, Action: n.action, Resource: n.resource, Operation: "onboarding " + operation,
			Orgs: []uuid.UUID{org}, Now: s.Now(),
		})
		decisions = append(decisions, d)
		out.records = append(out.records, audit.NewRecord(d, s.Origin(ctx)))
		if err := d.Err(); err != nil {
			return out, errors.Join(err, s.Records.Append(out.records...)(ctx))
		}
	}
	out.scope = policy.NewScope(subject, decisions...)
	return out, nil
}

// within runs work in a transaction.
func (s *Saga) within(ctx context.Context, work func(*rls.Tx) error) error {
	tx, err := s.Driver.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := tx.Rollback(); err != nil { // after a commit this does nothing
			s.Log.ErrorContext(ctx, "rolling back", "class", classOf(err))
		}
	}()
	if err := work(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// classOf says what kind of failure err is, in words that hold nothing of what
// was sent: for rows, which people of the clinic read, and for logs.
func classOf(err error) string {
	if failed, ok := errors.AsType[*cannot](err); ok {
		return failed.reason
	}
	if p, ok := errors.AsType[*provider.Error](err); ok {
		return p.Provider + ":" + p.Kind.String()
	}
	if denied, ok := errors.AsType[*policy.Denied](err); ok {
		return "denied:" + denied.Reason
	}
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "sql:" + state.Code
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	default:
		return "internal"
	}
}
