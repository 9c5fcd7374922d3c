package recording

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/policy"
)

// ErrLeaseLost means that a worker no longer holds what it works on: another
// one may, and this one must not write.
var ErrLeaseLost = errors.New("recording: the lease is another's, or over")

// claim is a lease of one recording.
type claim struct{ Org, Upload, Token uuid.UUID }

// claims takes up to n leases. It is the one statement that looks across
// clinics; the proof says that the program asks, and when.
func (d *desk) claims(ctx context.Context, n int) ([]claim, error) {
	seconds, asked := int(d.Lease/time.Second), d.Now().Unix()
	proof := d.Driver.Key.Prove(fmt.Sprintf("recording.claim %s %d %d %d %d", d.Worker, n, d.Share, seconds, asked))
	rows, err := d.Driver.Pool.Query(ctx, `select clinic, upload, token from app.claim_recordings($1, $2, $3, $4, $5, $6)`,
		d.Worker, n, d.Share, seconds, asked, proof)
	if err != nil {
		return nil, fmt.Errorf("claiming recordings: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[claim])
	if err != nil {
		return nil, fmt.Errorf("claiming recordings: %w", err)
	}
	return out, nil
}

// held is the condition that a lease is still this worker's. Its arguments are
// org, upload and token, in this order and first.
const held = `org_id = $1 and id = $2 and lease_token = $3 and status = 'leased' and lease_expires_at > now()`

// renewed keeps a lease for as long as the work goes on. The context that it
// returns ends with ErrLeaseLost when the lease is lost, or when nobody can say
// any more that it is not. stop ends the renewing and waits for it.
func (d *desk) renewed(ctx context.Context, c claim, scope policy.Scope) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		ticker := time.NewTicker(d.Lease / 3)
		defer ticker.Stop()
		sure := time.Now() // of the lease; what passes is measured here, by no clock that can be set
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			asked := time.Now()
			switch err := d.renew(policy.WithScope(ctx, scope), c); {
			case err == nil:
				sure = asked
			case errors.Is(err, errAbsent), time.Since(sure) >= d.Lease:
				cancel(ErrLeaseLost)
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-over
	}
}

func (d *desk) renew(ctx context.Context, c claim) error {
	ctx, cancel := context.WithTimeout(ctx, d.Lease/3)
	defer cancel()
	return change(ctx, d.Driver, `update recording_upload_queue set lease_expires_at = now() + $4 * interval '1 second',
		next_attempt_at = now() + $4 * interval '1 second', updated_at = now() where `+held, c.Org, c.Upload, c.Token, int(d.Lease/time.Second))
}

// giveBack ends a lease as if it had never been taken.
func (d *desk) giveBack(ctx context.Context, c claim, scope policy.Scope) error {
	ctx, cancel := unhurried(ctx)
	defer cancel()
	err := change(policy.WithScope(ctx, scope), d.Driver, `update recording_upload_queue set status = 'pending', lease_owner = null, lease_token = null,
		attempt_count = greatest(attempt_count - 1, 0), next_attempt_at = now(), updated_at = now() where `+held, c.Org, c.Upload, c.Token)
	if errors.Is(err, errAbsent) {
		return ErrLeaseLost
	}
	return err
}
