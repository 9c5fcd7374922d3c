package recording

import (
	"context"
	"errors"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
)

// note writes down what a walk found and returns what is due to be deleted. An
// orphan that is seen for the first time is noted; one that was noted long
// enough ago is confirmed; one that was dealt with and is here again begins
// anew. One that a whole walk did not meet is gone, and waits no longer.
func (s *Sweeper) note(ctx context.Context, org uuid.UUID, seen found) (due []orphan, err error) {
	now := s.Now()
	kinds, paths, sizes, ids := make([]string, 0), make([]string, 0), make([]int64, 0), make([]uuid.UUID, 0)
	for _, o := range seen.orphans {
		kinds, paths, sizes, ids = append(kinds, o.kind), append(paths, o.path), append(sizes, o.size), append(ids, s.NewID())
	}
	err = s.Driver.Exec(ctx, `
		insert into orphaned_recordings as o (org_id, id, kind, storage_path, size_bytes, detected_at, created_at, updated_at)
		select distinct on (n.path) $1, n.id, n.kind, n.path, n.size, $2, $2, $2 from unnest($3::uuid[], $4::text[], $5::text[], $6::bigint[]) n(id, kind, path, size)
		on conflict (org_id, storage_path) do update set
			size_bytes = excluded.size_bytes, updated_at = excluded.updated_at, reason = null, deleted_at = null,
			detected_at = case when o.reason is null then o.detected_at else excluded.detected_at end,
			confirmed_at = case when o.reason is not null then null
				when o.confirmed_at is null and o.detected_at <= $7 then excluded.detected_at else o.confirmed_at end,
			delete_after = case when o.reason is not null then null
				when o.confirmed_at is null and o.detected_at <= $7 then $8 else o.delete_after end`,
		[]any{org, now, ids, kinds, paths, sizes, now.Add(-s.config.Confirm), now.Add(s.config.Keep)}, nil)
	if err != nil {
		return nil, err
	}
	if seen.whole {
		err = s.Driver.Exec(ctx, `update orphaned_recordings set reason = 'gone', confirmed_at = null, delete_after = null, updated_at = $2
			where org_id = $1 and reason is null and not (storage_path = any ($3))`, []any{org, now, paths}, nil)
		if err != nil {
			return nil, err
		}
	}
	err = rls.Each(ctx, s.Driver, `select kind, storage_path, size_bytes from orphaned_recordings
		where org_id = $1 and reason is null and delete_after <= $2 and kind <> 'row_without_object' and storage_path = any ($3)`,
		[]any{org, now, paths}, func(rows *entsql.Rows) error {
			var o orphan
			err := rows.Scan(&o.kind, &o.path, &o.size)
			due = append(due, o)
			return err
		})
	return due, err
}

// remove deletes one orphan, if it still is one. The queue's rows of its call
// are locked meanwhile: no worker can take one and store under the same key
// between the look and the deletion. A recording of the call under legal hold,
// or one that still waits, keeps the orphan.
func (s *Sweeper) remove(ctx context.Context, org uuid.UUID, o orphan) (gone bool, err error) {
	call, ours := callOf(org, o.path)
	if !ours {
		return false, nil // not a name of ours: for a person to look at
	}
	p := s.permit(ctx, org, "delete orphaned recording")
	err = s.within(ctx, org, p, func(ctx context.Context, tx *rls.Tx) error {
		gone = false
		kept, err := s.needed(ctx, tx, org, call, o)
		if err != nil || kept {
			return err
		}
		if err := s.destroy(ctx, org, o); err != nil {
			return failure(Store, err)
		}
		gone = true
		return change(ctx, tx, `update orphaned_recordings set reason = 'deleted', deleted_at = $3, updated_at = $3
			where org_id = $1 and storage_path = $2`, org, o.path, s.Now())
	})
	return gone && err == nil, err
}

// needed looks once more, under locks, whether an object may go.
func (s *Sweeper) needed(ctx context.Context, tx *rls.Tx, org, call uuid.UUID, o orphan) (bool, error) {
	var kept bool
	err := rls.Each(ctx, tx, `select status in ('pending', 'leased') from recording_upload_queue where org_id = $1 and call_id = $2 for update`,
		[]any{org, call}, func(rows *entsql.Rows) error {
			var waits bool
			err := rows.Scan(&waits)
			kept = kept || waits
			return err
		})
	if err != nil || kept {
		return kept, err
	}
	err = rls.Each(ctx, tx, `select legal_hold, coalesce(object_key = $3, false) from recordings where org_id = $1 and call_id = $2 for update`,
		[]any{org, call, o.path}, func(rows *entsql.Rows) error {
			var hold, used bool
			err := rows.Scan(&hold, &used)
			kept = kept || hold || used && o.kind != incomplete // an object is not its own leftover parts
			return err
		})
	return kept, err
}

// destroy deletes what an orphan is. An object that was written lately is another
// one than was seen.
func (s *Sweeper) destroy(ctx context.Context, org uuid.UUID, o orphan) error {
	settled := s.Now().Add(-s.config.Settled)
	if o.kind == incomplete {
		if err := s.Store.abort(ctx, org, o.path, settled); err != nil || !s.Store.unfinished(o.path) {
			return err
		}
	}
	return s.Store.deleteBefore(ctx, o.path, settled)
}

// errYoung means that an object is not the one that was meant.
var errYoung = errors.New("it was written meanwhile")

// deleteBefore deletes an object that was written before a moment.
func (b *Bucket) deleteBefore(ctx context.Context, key string, before time.Time) error {
	a, err := b.bucket.Attributes(ctx, key)
	switch {
	case absent(err):
		return nil
	case err != nil:
		return err
	case !a.ModTime.Before(before):
		return errYoung
	default:
		return b.delete(ctx, key)
	}
}
