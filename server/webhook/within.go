package webhook

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/policy"
)

// within runs work in a transaction together with the records of its decisions,
// and tells of the call that it changed once all of it is kept. A duplicate
// changed nothing: its records need no transaction.
func (b *inbox) within(ctx context.Context, t task, v verdict, work func(*rls.Tx) (receipt, uuid.UUID, error)) (receipt, error) {
	tx, err := b.Driver.Begin(ctx)
	if err != nil {
		return receipt{}, err
	}
	defer func() {
		if err := tx.Rollback(); err != nil { // after a commit this does nothing
			b.Log.ErrorContext(ctx, "rolling back", "class", classOf(err))
		}
	}()
	out, call, err := work(tx)
	if err != nil {
		return receipt{}, err
	}
	if out.result == Duplicate {
		if err := tx.Rollback(); err != nil {
			return receipt{}, err
		}
		return out, b.record(ctx, v.records...)
	}
	if err := audit.AppendTx(ctx, tx, t.org, slices.Concat(v.records, out.records)...); err != nil {
		return receipt{}, err
	}
	if err := tx.Commit(); err != nil {
		return receipt{}, fmt.Errorf("keeping a message: %w", err)
	}
	b.report(v, out.missed)
	if call != uuid.Nil {
		b.tell(context.WithoutCancel(ctx), t.org, call)
	}
	return out, nil
}

// report has the watch find out whose appointments they are that a model named
// and that are not the clinic's. The sender learns nothing of it.
func (b *inbox) report(v verdict, missed []uuid.UUID) {
	for _, r := range v.records {
		if r.Resource == policy.Appointment && len(missed) > 0 {
			r.Allow, r.Reason, r.Input, r.OrgIDs = false, policy.ReasonForeignRow, nil, []uuid.UUID{}
			b.Watch.Report(r, missed...)
			return
		}
	}
}

// tell tells subscribers of a call that was changed, and does not hold the
// provider up for long: the rows are right whether anyone hears or not.
func (b *inbox) tell(ctx context.Context, org, call uuid.UUID) {
	ctx, cancel := context.WithTimeout(ctx, maxTell)
	defer cancel()
	_ = b.Feed.Publish(ctx, feed.CallEvent{OrgID: org, CallID: call}) // it has logged why not
}
