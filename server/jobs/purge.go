package jobs

import (
	"context"
	"fmt"
	"strconv"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// The purge forgets idempotency keys that have expired: one job finds the
// clinics that have some, and makes one for each, which deletes its clinic's
// under a scope for that clinic.
var (
	findExpired = queue.Kind[day]{Name: "find-expired-keys"}      //nolint:gochecknoglobals // immutable
	dropExpired = queue.Kind[struct{}]{Name: "drop-expired-keys"} //nolint:gochecknoglobals // immutable
)

// day is what the finder of a day is told.
type day struct {
	Slot time.Time `json:"slot"`
}

// Most clinics that one finder makes jobs for, and most keys that one job deletes.
const (
	mostClinics = 5000
	mostKeys    = 20_000
)

// Purge are the workers of the purge, and when it runs.
func Purge(newID func() uuid.UUID) ([]Handler, Periodic) {
	find := Worker[day]{Kind: findExpired, Platform: true, Work: func(ctx context.Context, tx *rls.Tx, job *Job[day]) error {
		clinics, err := expiredKeys(ctx, tx)
		if err != nil {
			return err
		}
		for _, org := range clinics {
			order := queue.Order[struct{}]{ID: newID(), Org: org, Unique: job.Args.Slot.Format(time.RFC3339)}
			if _, err := dropExpired.Insert(ctx, tx, order); err != nil {
				return err
			}
		}
		return nil
	}}
	drop := Worker[struct{}]{
		Kind: dropExpired, Needs: []Need{{policy.Read, policy.IdempotencyKey}, {policy.Delete, policy.IdempotencyKey}},
		Work: func(ctx context.Context, tx *rls.Tx, job *Job[struct{}]) error {
			err := tx.Exec(ctx, `delete from idempotency_keys where org_id = $1 and id in (
				select id from idempotency_keys where org_id = $1 and expires_at < $2 order by expires_at limit $3)`,
				[]any{job.Org, job.Now, mostKeys}, nil)
			if err != nil {
				return fmt.Errorf("deleting expired keys: %w", err)
			}
			return nil
		},
	}
	return []Handler{find, drop}, Recur(findExpired, Daily(3, 10), func(slot time.Time) day { return day{slot} })
}

func expiredKeys(ctx context.Context, tx *rls.Tx) ([]uuid.UUID, error) {
	rows := &entsql.Rows{}
	err := tx.Query(ctx, `select clinic from app.expired_keys($1, $2)`,
		[]any{mostClinics, tx.Prove("job.expired " + strconv.Itoa(mostClinics))}, rows)
	if err != nil {
		return nil, fmt.Errorf("finding expired keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var clinics []uuid.UUID
	for rows.Next() {
		var org uuid.UUID
		if err := rows.Scan(&org); err != nil {
			return nil, fmt.Errorf("finding expired keys: %w", err)
		}
		clinics = append(clinics, org)
	}
	return clinics, rows.Err()
}
