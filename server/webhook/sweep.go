package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// DefaultBatch is how many messages one sweep tries.
const DefaultBatch = 100

// Sweeper applies the messages that were kept and could not be applied. Several
// may run at once: a message is one's at a time.
type Sweeper struct {
	inbox *inbox
	batch int
}

// NewSweeper makes a Sweeper.
func NewSweeper(c Config) *Sweeper {
	return &Sweeper{inbox: newInbox(c.withDefaults()), batch: DefaultBatch}
}

// RunOnce tries the messages that are due, each under a scope of its own clinic,
// and returns how many it applied. One that fails waits longer for its next try,
// and is no error; an error is of the sweep itself, and counts what was done.
func (s *Sweeper) RunOnce(ctx context.Context) (applied int, err error) {
	rows, err := s.inbox.Driver.Pool.Query(ctx, `select clinic, message from app.waiting_messages($1)`, s.batch)
	if err != nil {
		return 0, fmt.Errorf("finding waiting messages: %w", err)
	}
	type waiting struct{ Org, ID uuid.UUID }
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[waiting])
	if err != nil {
		return 0, fmt.Errorf("finding waiting messages: %w", err)
	}
	var errs []error
	for _, w := range due {
		if ctx.Err() != nil {
			return applied, errors.Join(append(errs, ctx.Err())...)
		}
		began := s.inbox.Now()
		out, err := s.inbox.retry(ctx, w.Org, w.ID)
		if err != nil {
			// Not the error itself: Postgres may quote the message in it.
			errs = append(errs, fmt.Errorf("trying message %s again: %s", w.ID, classOf(err)))
			continue
		}
		if out.result == Applied {
			applied++
		}
		s.inbox.Observe(ctx, Observation{
			Provider: providerVapi, Type: out.kind, Result: out.result, Reason: out.reason, Took: s.inbox.Now().Sub(began),
		})
	}
	return applied, errors.Join(errs...)
}

// jobSubject is the work on one message of one clinic. That the clinic may be
// served is what app.waiting_messages says of those it lists.
func jobSubject(org, message uuid.UUID) policy.Subject {
	return policy.Subject{
		ID: message, Kind: policy.System, OrgID: org, OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Job, ID: "webhook-sweep"},
	}
}

// retry applies one waiting message. What it needs is decided anew: the policy
// may have changed since it came.
func (b *inbox) retry(ctx context.Context, org, id uuid.UUID) (receipt, error) {
	t := task{org: org, subject: jobSubject(org, id), at: b.Now(), origin: b.Origin(ctx), late: true}
	v := b.decide(ctx, t, "retry", need{ingest, inboxRow})
	if err := v.denied(1); err != nil {
		return receipt{result: Refused, reason: classOf(err)}, b.record(ctx, v.records...)
	}
	own := policy.WithScope(ctx, v.scope(t))
	m, received, found, err := b.load(own, org, id)
	if _, unreadable := errors.AsType[vapi.Refusal](err); unreadable {
		return b.again(own, func() (receipt, error) { return b.stillWaiting(own, t, v, id, err) })
	}
	if err != nil {
		return receipt{}, err
	}
	if !found {
		return receipt{result: Duplicate}, b.record(ctx, v.records...)
	}
	t.received = received
	call := factsOf(m, received)
	must, may := needsOf(m, call)
	more := b.decide(ctx, t, "retry "+m.Type, slices.Concat(must[1:], may)...)
	v = verdict{slices.Concat(v.decisions, more.decisions), slices.Concat(v.records, more.records)}
	ctx = policy.WithScope(ctx, v.scope(t))
	cause := v.denied(len(must))
	if cause == nil {
		out, err := b.again(ctx, func() (receipt, error) { return b.applyWaiting(ctx, t, v, id, m, call) })
		failed, ok := errors.AsType[*applyError](err)
		if !ok {
			out.kind = m.Type
			return out, err
		}
		cause = failed.cause
	}
	out, err := b.again(ctx, func() (receipt, error) { return b.stillWaiting(ctx, t, v, id, cause) })
	out.kind = m.Type
	return out, err
}

// load reads a waiting message as it was kept.
func (b *inbox) load(ctx context.Context, org, id uuid.UUID) (m vapi.Message, received time.Time, found bool, err error) {
	var body []byte
	found, err = rls.One(ctx, b.Driver, `SELECT body, received_at FROM webhook_inbox WHERE org_id = $1 AND id = $2 AND applied_at IS NULL`,
		[]any{org, id}, &body, &received)
	if err != nil || !found {
		return vapi.Message{}, time.Time{}, false, err
	}
	if m, err = vapi.Parse(body); err != nil {
		return vapi.Message{}, time.Time{}, false, fmt.Errorf("reading a kept message: %w", err)
	}
	return m, received, true, nil
}

// applyWaiting takes the message for itself and applies it, both or neither.
func (b *inbox) applyWaiting(ctx context.Context, t task, v verdict, id uuid.UUID, m vapi.Message, f *callFacts) (receipt, error) {
	return b.within(ctx, t, v, func(tx *rls.Tx) (receipt, uuid.UUID, error) {
		var mine uuid.UUID
		found, err := rls.One(ctx, tx, `select id from webhook_inbox where org_id = $1 and id = $2 and applied_at is null
			for update skip locked`, []any{t.org, id}, &mine)
		if err != nil || !found {
			return receipt{result: Duplicate}, uuid.Nil, err
		}
		done, err := b.apply(ctx, tx, t, m, f)
		if err != nil {
			return receipt{}, uuid.Nil, &applyError{err}
		}
		err = tx.Exec(ctx, `update webhook_inbox set applied_at = $3, attempts = attempts + 1, last_error = null
			where org_id = $1 and id = $2`, []any{t.org, id, t.at}, nil)
		return receipt{result: Applied, records: done.records, missed: done.missed}, done.call, err
	})
}

// stillWaiting notes that another try failed.
func (b *inbox) stillWaiting(ctx context.Context, t task, v verdict, id uuid.UUID, cause error) (receipt, error) {
	return b.within(ctx, t, v, func(tx *rls.Tx) (receipt, uuid.UUID, error) {
		err := tx.Exec(ctx, `update webhook_inbox set attempts = attempts + 1, last_error = $3
			where org_id = $1 and id = $2 and applied_at is null`, []any{t.org, id, classOf(cause)}, nil)
		return receipt{result: Deferred, reason: classOf(cause)}, uuid.Nil, err
	})
}
