package jobs

import (
	"context"

	"github.com/voxanne/cascade/ent/rls"
)

// Seal is a worker's.
func Seal(key rls.Key, backend, until int64) string { return workersSeal(key, backend, until) }

// Tick looks once at what recurs.
func (r *Runner) Tick(ctx context.Context) error { return r.tick(ctx) }
