package recording

import (
	"context"
	"errors"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
)

// maxErased is how many recordings one sweep erases in one clinic.
const maxErased = 200

// erase deletes the objects of recordings that were erased on request long
// enough ago, and are not under legal hold. The row stays, without its key: that
// there was a recording, and that it was erased, is no secret of the caller's. ctx
// has the sweep's scope.
func (s *Sweeper) erase(ctx context.Context, org uuid.UUID) (n int, err error) {
	var due []uuid.UUID
	before := s.Now().Add(-s.config.Undo)
	err = rls.Each(ctx, s.Driver, `select id from recordings
		where org_id = $1 and deleted_at <= $2 and object_key is not null and not legal_hold order by id limit $3`,
		[]any{org, before, maxErased}, func(rows *entsql.Rows) error {
			var id uuid.UUID
			err := rows.Scan(&id)
			due = append(due, id)
			return err
		})
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, id := range due {
		err := s.within(ctx, org, s.permit(ctx, org, "erase recording"), func(ctx context.Context, tx *rls.Tx) error {
			var key string
			found, err := rls.One(ctx, tx, `select object_key from recordings where org_id = $1 and id = $2 and deleted_at <= $3
				and object_key is not null and not legal_hold for update`, []any{org, id, before}, &key)
			if err != nil || !found {
				return err // held or done meanwhile
			}
			if err := s.Store.delete(ctx, key); err != nil {
				return failure(Store, err)
			}
			return change(ctx, tx, `update recordings set object_key = null, updated_at = $3 where org_id = $1 and id = $2`, org, id, s.Now())
		})
		if err == nil {
			n++
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}
