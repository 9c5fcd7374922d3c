package onboarding

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Sweep advances the onboardings that are due, and returns how many came to
// their end. Several sweeps may run at once: an onboarding is one's at a time.
func (s *Saga) Sweep(ctx context.Context) (ended int, err error) {
	rows, err := s.Driver.Pool.Query(ctx, `select clinic from app.due_onboardings($1)`, DefaultBatch)
	if err != nil {
		return 0, fmt.Errorf("finding onboardings that are due: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, fmt.Errorf("finding onboardings that are due: %w", err)
	}
	var errs []error
	for _, org := range due {
		if ctx.Err() != nil {
			return ended, errors.Join(append(errs, ctx.Err())...)
		}
		done, err := s.Advance(ctx, org)
		if err != nil {
			errs = append(errs, fmt.Errorf("onboarding of %s: %s", org, classOf(err)))
		}
		if done {
			ended++
		}
	}
	return ended, errors.Join(errs...)
}
