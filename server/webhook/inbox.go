package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/reception"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// maxTries bounds how often work is begun anew that met other work on the way.
const maxTries = 8

// inbox keeps messages and applies them.
type inbox struct {
	Config
	desk *reception.Desk
	// applying runs after a message was kept and before it is applied; tests
	// fail there.
	applying func(context.Context, vapi.Message) error
}

func newInbox(c Config) *inbox {
	return &inbox{Config: c, desk: reception.New(reception.Config{NewID: c.NewID, Log: c.Log}), applying: func(context.Context, vapi.Message) error { return nil }}
}

// take keeps a message and applies it, both or neither; what cannot be applied
// is kept alone, for the Sweeper. An error means that nothing was kept, or that
// nobody knows.
//
// Where somebody waits on the line and the connection to the database is lost,
// the message is taken once more, under decisions of its own: what was kept is
// known by its key and not done twice, and what was not is done now.
func (b *inbox) take(ctx context.Context, t task, m vapi.Message) (receipt, error) {
	if !m.NeedsAnswer() {
		return b.takeOnce(ctx, t, m, true)
	}
	out, err := b.takeOnce(ctx, t, m, false)
	if severed(err) && ctx.Err() == nil {
		return b.takeOnce(ctx, t, m, true)
	}
	return out, err
}

// takeOnce is one go at a message. Only the last keeps it without its effects
// when the connection is lost.
func (b *inbox) takeOnce(ctx context.Context, t task, m vapi.Message, last bool) (receipt, error) {
	call := factsOf(m, t.received)
	must, may := needsOf(m, call)
	v := b.decide(ctx, t, m.Type, slices.Concat(must, may)...)
	if err := v.decisions[0].Err(); err != nil { // the inbox: without it nothing is taken
		if err := b.record(ctx, v.records...); err != nil {
			return receipt{}, err
		}
		return receipt{}, &refusal{status: http.StatusForbidden, reason: v.decisions[0].Reason()}
	}
	ctx = policy.WithScope(ctx, v.scope(t))
	cause := v.denied(len(must))
	if cause == nil {
		out, err := b.again(ctx, func() (receipt, error) { return b.keepAndApply(ctx, t, v, m, call) })
		failed, ok := errors.AsType[*applyError](err)
		if !ok || !last && severed(err) {
			return out, err
		}
		cause = failed.cause
	}
	b.Log.WarnContext(ctx, "a webhook message waits: it could not be applied",
		"org_id", t.org, "message", m, "class", classOf(cause))
	return b.again(ctx, func() (receipt, error) { return b.keepOnly(ctx, t, v, m, cause) })
}

// applyError is a message that could be kept and not applied.
type applyError struct{ cause error }

func (e *applyError) Error() string { return "applying a message: " + e.cause.Error() }
func (e *applyError) Unwrap() error { return e.cause }

// again runs work until it meets no other work on its way: Postgres ends one of
// two transactions that wait for each other, and the one it ended begins anew.
func (*inbox) again(ctx context.Context, work func() (receipt, error)) (out receipt, err error) {
	for range maxTries {
		out, err = work()
		if !rls.Conflicting(err) || ctx.Err() != nil {
			break
		}
	}
	return out, err
}

// keepAndApply is the whole of a message in one transaction. The row says from
// the beginning that it was applied: if that fails there is no such row.
func (b *inbox) keepAndApply(ctx context.Context, t task, v verdict, m vapi.Message, facts *callFacts) (receipt, error) {
	return b.within(ctx, t, v, func(tx *rls.Tx) (receipt, uuid.UUID, error) {
		isNew, err := b.keep(ctx, tx, t, m, nil)
		if err != nil {
			return receipt{}, uuid.Nil, err
		}
		var done effect
		out := receipt{result: Duplicate}
		if isNew {
			out.result = Applied
			if done, err = b.apply(ctx, tx, t, m, facts); err != nil {
				return receipt{}, uuid.Nil, &applyError{err}
			}
			out.records, out.missed = done.records, done.missed
		}
		if out.answer = done.answer; out.answer == nil {
			if out.answer, err = b.answerTo(ctx, tx, t, m); err != nil {
				return receipt{}, uuid.Nil, &applyError{err}
			}
		}
		return out, done.call, nil
	})
}

// keepOnly keeps a message that could not be applied.
func (b *inbox) keepOnly(ctx context.Context, t task, v verdict, m vapi.Message, cause error) (receipt, error) {
	return b.within(ctx, t, v, func(tx *rls.Tx) (receipt, uuid.UUID, error) {
		isNew, err := b.keep(ctx, tx, t, m, cause)
		if err != nil {
			return receipt{}, uuid.Nil, err
		}
		out := receipt{result: Deferred, reason: classOf(cause), answer: refusalOf(m)}
		if !isNew {
			out.result = Duplicate
		}
		return out, uuid.Nil, nil
	})
}

// keep puts a message into the inbox, as applied or, with the cause, as one that
// waits. isNew is false when it was there already.
func (b *inbox) keep(ctx context.Context, tx *rls.Tx, t task, m vapi.Message, cause error) (isNew bool, err error) {
	appliedAt, class := &t.at, (*string)(nil)
	if cause != nil {
		appliedAt, class = nil, new(classOf(cause))
	}
	var id uuid.UUID
	isNew, err = rls.One(ctx, tx, `
		insert into webhook_inbox (org_id, id, integration_id, provider, event_key, event_type, provider_call_id, body,
		                           received_at, applied_at, attempts, last_error)
		values ($1, $2, $3, $4, $5, $6, nullif($7, ''), $8, $9, $10, 1, $11)
		on conflict (org_id, provider, event_key) do nothing
		returning id`,
		[]any{
			t.org, b.NewID(), t.integration, providerVapi, vapi.EventKey(m), m.Type, m.CallID, m.Redacted(),
			t.received, appliedAt, class,
		}, &id)
	if err != nil {
		return false, fmt.Errorf("keeping a message: %w", err)
	}
	return isNew, nil
}
