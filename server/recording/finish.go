package recording

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/policy"
)

// errSuspended means that the clinic may no longer be served: the work waits.
var errSuspended = errors.New("recording: the clinic is not served now")

// finish writes down that a recording is in the store: its row, the queue's, the
// metric, the call's state and the records of the decisions, all or nothing. It
// is decided anew, for a fetch may take minutes.
//
// The outgoing event recording.stored belongs into this transaction, after the
// metric.
func (d *desk) finish(ctx context.Context, j *job, k kept) error {
	ctx, cancel := unhurried(ctx)
	defer cancel()
	p := d.decide(ctx, jobSubject(j.Org, j.Upload, "recordings"), "store recording",
		need{policy.Ingest, policy.RecordingQueue}, need{policy.Ingest, policy.Recording},
		need{policy.Ingest, policy.Call}, need{policy.Read, policy.Organization})
	err := d.within(ctx, j.Org, p, func(ctx context.Context, tx *rls.Tx) error {
		if err := d.hold(ctx, tx, j); err != nil {
			return err
		}
		var status string
		if _, err := rls.One(ctx, tx, `select status from organizations where id = $1`, []any{j.Org}, &status); err != nil {
			return err
		}
		if policy.OrgStatus(status) != policy.OrgActive {
			return errSuspended
		}
		// Whoever refuses now waits for this transaction, or this one for them.
		err := change(ctx, tx, `update call_logs set recording_state = 'stored', updated_at = $3
			where org_id = $1 and id = $2 and recording_consent <> 'refused'`, j.Org, j.call, d.Now())
		if errors.Is(err, errAbsent) {
			return failure(ConsentRefused, nil)
		}
		if err != nil {
			return err
		}
		if err := d.insert(ctx, tx, j, k); err != nil {
			return err
		}
		return d.close(ctx, tx, j)
	})
	if err != nil {
		return err
	}
	if d.Feed != nil {
		_ = d.Feed.Publish(ctx, feed.CallEvent{OrgID: j.Org, CallID: j.call}) // it has logged why not
	}
	return nil
}

// hold locks the queue's row for the rest of the transaction, if the lease is
// still this worker's.
func (*desk) hold(ctx context.Context, tx *rls.Tx, j *job) error {
	found, err := rls.One(ctx, tx, `select attempt_count from recording_upload_queue where `+held+` for update`,
		[]any{j.Org, j.Upload, j.Token}, &j.attempt)
	if err == nil && !found {
		err = ErrLeaseLost
	}
	return err
}

// insert makes the recording's row. One that is there stays as it is; one that
// was erased is not brought back.
func (d *desk) insert(ctx context.Context, tx *rls.Tx, j *job, k kept) error {
	err := tx.Exec(ctx, `
		insert into recordings (org_id, id, call_id, kind, object_key, content_type, bytes, sha256, stored_at, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9) on conflict (org_id, call_id, kind) do nothing`,
		[]any{j.Org, d.NewID(), j.call, j.kind, k.key, k.Type, k.Bytes, hex.EncodeToString(k.SHA256[:]), d.Now()}, nil)
	if err != nil {
		return err
	}
	var erased bool
	_, err = rls.One(ctx, tx, `select deleted_at is not null from recordings where org_id = $1 and call_id = $2 and kind = $3 for update`,
		[]any{j.Org, j.call, j.kind}, &erased)
	if err == nil && erased {
		err = failure(Erased, nil)
	}
	return err
}

// close is what the queue says of a recording that is stored.
func (d *desk) close(ctx context.Context, tx *rls.Tx, j *job) error {
	now := d.Now()
	if err := change(ctx, tx, `update recording_upload_queue set status = 'done', lease_owner = null, lease_token = null,
		last_error_class = null, last_error = null, updated_at = $3 where org_id = $1 and id = $2`, j.Org, j.Upload, now); err != nil {
		return err
	}
	err := change(ctx, tx, `update failed_recording_uploads set resolved_at = $3, resolution = 'recovered', updated_at = $3
		where org_id = $1 and queue_id = $2 and resolved_at is null`, j.Org, j.Upload, now)
	if err != nil && !errors.Is(err, errAbsent) {
		return err
	}
	return d.measure(ctx, tx, j, "success", "")
}

// measure writes down how a try went.
func (d *desk) measure(ctx context.Context, tx *rls.Tx, j *job, status, class string) error {
	return tx.Exec(ctx, `
		insert into recording_upload_metrics (org_id, id, queue_id, call_id, attempt_no, status, download_ms, upload_ms, bytes, error_class, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, ''), $11)`,
		[]any{
			j.Org, d.NewID(), j.Upload, j.call, j.attempt, status, j.download.Milliseconds(), j.upload.Milliseconds(), j.bytes, class, d.Now(),
		}, nil)
}
