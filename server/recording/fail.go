package recording

import (
	"context"
	"errors"
	"time"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/recording/fetch"
)

// Full jitter: a try waits for anything up to twice as long as the one before
// could have, so that those that failed together do not come back together.
const (
	firstBackoff = 30 * time.Second
	maxBackoff   = time.Hour
)

// backoff is how long to wait after the attempt with this number, from 1, at a
// draw from [0, 1).
func backoff(attempt int, draw float64) time.Duration {
	most := maxBackoff
	if n := max(attempt-1, 0); n < 16 {
		most = min(maxBackoff, firstBackoff<<n)
	}
	return time.Duration(draw * float64(most))
}

// fail writes down that a try failed, and what becomes of the recording: it
// waits for another try, or it is dead, or nothing is to be done.
func (d *desk) fail(ctx context.Context, j *job, class fetch.Class) (Result, error) {
	ctx, cancel := unhurried(ctx)
	defer cancel()
	wait := backoff(j.attempt, d.Jitter())
	fate := becomes(class)
	if fate == again && (j.attempt >= j.most || !d.Now().Add(wait).Before(j.deadline)) {
		fate = dead
	}
	p := d.decide(ctx, jobSubject(j.Org, j.Upload, "recordings"), "recording failed",
		need{policy.Ingest, policy.RecordingQueue}, need{policy.Ingest, policy.Call})
	err := d.within(ctx, j.Org, p, func(ctx context.Context, tx *rls.Tx) error {
		if err := d.hold(ctx, tx, j); err != nil {
			return err
		}
		if err := d.measure(ctx, tx, j, "failure", string(class)); err != nil {
			return err
		}
		return d.bury(ctx, tx, j, class, fate, wait)
	})
	switch {
	case err != nil:
		return Lost, err
	case fate == again:
		return Retrying, nil
	case fate == dead:
		return Dead, nil
	default:
		return Dropped, nil
	}
}

// bury puts the queue's row to where the failure leads.
func (d *desk) bury(ctx context.Context, tx *rls.Tx, j *job, class fetch.Class, fate verdictOf, wait time.Duration) error {
	status, next := "dead", d.Now()
	if fate == again {
		status, next = "pending", next.Add(wait)
	}
	if err := change(ctx, tx, `update recording_upload_queue set status = $3, next_attempt_at = $4, lease_owner = null, lease_token = null,
		last_error_class = $5, last_error = null, updated_at = $6 where org_id = $1 and id = $2`,
		j.Org, j.Upload, status, next, string(class), d.Now()); err != nil {
		return err
	}
	switch fate {
	case dead:
		if err := d.letter(ctx, tx, j, class); err != nil {
			return err
		}
		return d.state(ctx, tx, j, "failed")
	case dropped:
		if class == ConsentRefused {
			return d.state(ctx, tx, j, "refused")
		}
	case again:
	}
	return nil
}

// letter writes a dead letter, or adds to the one that is open.
func (d *desk) letter(ctx context.Context, tx *rls.Tx, j *job, class fetch.Class) error {
	now := d.Now()
	err := change(ctx, tx, `update failed_recording_uploads set error_class = $3, attempts = $4, last_failed_at = $5, updated_at = $5
		where org_id = $1 and queue_id = $2 and resolved_at is null`, j.Org, j.Upload, string(class), j.attempt, now)
	if !errors.Is(err, errAbsent) {
		return err
	}
	return tx.Exec(ctx, `
		insert into failed_recording_uploads (org_id, id, queue_id, call_id, error_class, attempts, first_failed_at, last_failed_at, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $7, $7, $7)`,
		[]any{j.Org, d.NewID(), j.Upload, j.call, string(class), j.attempt, now}, nil)
}

// state is what the call says of its recordings: stored while one is, and failed
// only when no other may still come.
func (d *desk) state(ctx context.Context, tx *rls.Tx, j *job, state string) error {
	err := change(ctx, tx, `
		update call_logs set recording_state = $3, updated_at = $4
		 where org_id = $1 and id = $2 and recording_state <> 'stored'
		   and ($3 = 'refused' or not exists (select from recording_upload_queue q
		         where q.org_id = $1 and q.call_id = $2 and q.status in ('pending', 'leased')))`, j.Org, j.call, state, d.Now())
	if errors.Is(err, errAbsent) {
		return nil
	}
	return err
}
