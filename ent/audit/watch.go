package audit

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
)

// Watch finds out, after the answer has left, whether an id that was asked for
// and not found belongs to another org, and records the attempt for that org
// and the security team. The asker learns nothing: neither from the answer nor
// from its time. Only the database knows whose row it is, and it tells nobody.
type Watch struct {
	pool    *pgxpool.Pool
	key     rls.Key
	log     *slog.Logger
	reports chan report
	done    chan struct{}
	stop    sync.Once
}

type report struct {
	record Record
	ids    []uuid.UUID
}

// NewWatch starts a watch. The key proves to the database that the program asks.
// Close ends it. When more is reported than it can
// look into, the excess is dropped and the log says so: the decision itself has
// its record in any case.
func NewWatch(pool *pgxpool.Pool, key rls.Key, log *slog.Logger) *Watch {
	w := &Watch{pool: pool, key: key, log: log, reports: make(chan report, 1024), done: make(chan struct{})}
	go w.run()
	return w
}

// Report hands over ids that were asked for under a decision and not found. It
// never blocks.
func (w *Watch) Report(r Record, ids ...uuid.UUID) {
	if w == nil || len(ids) == 0 {
		return
	}
	select {
	case w.reports <- report{r, ids}:
	default:
		w.log.Warn("attempts are coming faster than they can be looked into")
	}
}

// Close looks into what was reported and returns. Report must not be called
// after it.
func (w *Watch) Close() {
	w.stop.Do(func() { close(w.reports) })
	<-w.done
}

func (w *Watch) run() {
	defer close(w.done)
	for r := range w.reports {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		if err := w.look(ctx, r); err != nil {
			w.log.ErrorContext(ctx, "looking into an attempt", "error", err)
		}
		cancel()
	}
}

func (w *Watch) look(ctx context.Context, r report) error {
	text, err := json.Marshal(r.record)
	if err != nil {
		return err
	}
	_, err = w.pool.Exec(ctx, `select app.record_attempt($1, $2, $3, $4)`, string(r.record.Resource), r.ids, string(text),
		w.key.Prove(attempting(r.record.Resource, r.ids, string(text))))
	return err
}
