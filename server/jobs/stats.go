package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Stat is how many jobs of a kind are in a state, and how long the oldest of
// them has been due; less than zero where none is due yet.
type Stat struct {
	Kind   string
	State  string // available, running, retryable, scheduled, discarded (dead) or cancelled (refused)
	Count  int64
	Oldest time.Duration
}

// Stats looks at the queue as a whole: every job that was not done.
func (r *Runner) Stats(ctx context.Context) ([]Stat, error) {
	rows, err := r.pool.Query(ctx, `
		select kind, state::text, count(*), extract(epoch from now() - min(scheduled_at))::float8
		  from river.river_job
		 where state in ('available', 'running', 'retryable', 'scheduled', 'discarded', 'cancelled')
		 group by kind, state order by kind, state`)
	if err != nil {
		return nil, fmt.Errorf("counting jobs: %w", err)
	}
	stats, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Stat, err error) {
		var seconds float64
		err = row.Scan(&s.Kind, &s.State, &s.Count, &seconds)
		s.Oldest = time.Duration(seconds * float64(time.Second))
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("counting jobs: %w", err)
	}
	return stats, nil
}
