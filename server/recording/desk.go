package recording

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// desk is where work is decided, recorded and done in transactions.
type desk struct{ Config }

// need is one question to the policy.
type need struct {
	action   policy.Action
	resource policy.Resource
}

// jobSubject is the work on one thing of one clinic: a recording, a sweep. That
// the clinic may be served is what the function of the database says that named
// it.
func jobSubject(org, work uuid.UUID, name string) policy.Subject {
	return policy.Subject{
		ID: work, Kind: policy.System, OrgID: org, OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Job, ID: name},
	}
}

// permit is what the decisions for one piece of work came to.
type permit struct {
	scope   policy.Scope
	records []audit.Record
	denied  error // of the first that was denied
}

// decide asks once for each need, under one policy revision. The credential of a
// job names its needs, so that a decision for anything else is refused.
func (d *desk) decide(ctx context.Context, s policy.Subject, operation string, needs ...need) permit {
	if s.Kind == policy.System {
		for _, n := range needs {
			s.Credential.Scopes = append(s.Credential.Scopes, string(n.resource)+":"+string(n.action))
		}
	}
	decider, now := d.Policies.For([]uuid.UUID{s.OrgID}), d.Now()
	var p permit
	var decisions []policy.Decision
	for _, n := range needs {
		decision := decider.Decide(ctx, policy.Request{
			Subject: s, Action: n.action, Resource: n.resource, Orgs: []uuid.UUID{s.OrgID}, Operation: operation, Now: now,
		})
		decisions = append(decisions, decision)
		p.records = append(p.records, audit.NewRecord(decision, d.Origin(ctx)))
		if err := decision.Err(); err != nil && p.denied == nil {
			p.denied = err
		}
	}
	p.scope = policy.NewScope(s, decisions...)
	return p
}

// within runs work in one transaction with the records of its permit: all of it
// is kept, or nothing. What was denied is recorded and not begun. Postgres ends
// one of two transactions that wait for each other; that one begins anew.
func (d *desk) within(ctx context.Context, org uuid.UUID, p permit, work func(context.Context, *rls.Tx) error) error {
	if p.denied != nil {
		if err := d.Records.Append(p.records...)(ctx); err != nil {
			return fmt.Errorf("recording decisions: %w", err)
		}
		return p.denied
	}
	ctx = policy.WithScope(ctx, p.scope)
	var err error
	for range 5 {
		if err = d.once(ctx, org, p, work); !rls.Conflicting(err) || ctx.Err() != nil {
			break
		}
	}
	return err
}

func (d *desk) once(ctx context.Context, org uuid.UUID, p permit, work func(context.Context, *rls.Tx) error) error {
	tx, err := d.Driver.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := tx.Rollback(); err != nil { // after a commit this does nothing
			d.Log.ErrorContext(ctx, "rolling back", "class", classOf(err))
		}
	}()
	if err := work(ctx, tx); err != nil {
		return err
	}
	if err := audit.AppendTx(ctx, tx, org, p.records...); err != nil {
		return err
	}
	return tx.Commit()
}

// endTime bounds what is still done for work that was given up.
const endTime = 10 * time.Second

// unhurried is ctx for the end of a piece of work: bounded by itself alone.
func unhurried(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), endTime)
}

// errAbsent means that a statement found no row to change.
var errAbsent = errors.New("recording: no such row")

// change runs a statement that changes one row, and errs with errAbsent when it
// changed none.
func change(ctx context.Context, tx dialect.ExecQuerier, statement string, args ...any) error {
	var res entsql.Result
	if err := tx.Exec(ctx, statement, args, &res); err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errAbsent)
	}
	return nil
}
