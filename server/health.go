package server

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/policy"
)

// How often the parts are looked at, and how long Postgres may take to answer.
const (
	pulse   = 500 * time.Millisecond
	patient = time.Second
)

// maxBehind is how far the clock may be behind the database's. Seals and tokens
// are made and judged by it: further behind, the database refuses every scope
// (rls.DefaultSealTTL), and what has expired would still be good.
const maxBehind = 30 * time.Second

var (
	errStarting = errors.New("not looked at yet")
	errReadOnly = errors.New("the database takes no writes")
	errBehind   = errors.New("this machine's clock is behind the database's")
)

// health looks at what the server stands on, in the background, so that a
// request learns at once that Postgres is gone instead of waiting for it. It
// asks over a connection of its own: a busy pool is not a database that is gone.
type health struct {
	pool     *pgxpool.Pool
	records  *audit.Writer
	keys     func(context.Context) error // nil once the issuer's keys are there
	limits   func() bool                 // true while degraded
	log      *slog.Logger
	metrics  *metrics
	newID    func() uuid.UUID
	now      func() time.Time
	draining atomic.Bool

	mu    sync.Mutex
	parts map[string]error

	conn *pgx.Conn // watchDatabase alone uses it
}

// start looks once and goes on looking until ctx ends; wait for the returned
// channel then.
func (h *health) start(ctx context.Context) <-chan struct{} {
	h.parts = map[string]error{"postgres": errStarting, "audit": nil, "jwks": errStarting}
	h.lookAtDatabase(ctx)
	var looking sync.WaitGroup
	looking.Go(func() {
		h.every(ctx, h.lookAtDatabase)
		if h.conn != nil {
			_ = h.conn.Close(context.WithoutCancel(ctx))
		}
	})
	looking.Go(func() { h.every(ctx, h.lookAtAudit) })
	looking.Go(func() {
		h.every(ctx, func(ctx context.Context) { h.set(ctx, "jwks", h.keys(ctx)) })
	})
	done := make(chan struct{})
	go func() {
		looking.Wait()
		close(done)
	}()
	return done
}

func (h *health) every(ctx context.Context, look func(context.Context)) {
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	for {
		look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// lookAtDatabase asks Postgres whether it answers and takes writes. When it
// comes back, the connections from before are of no use.
func (h *health) lookAtDatabase(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	was := h.database()
	err := h.ask(bounded)
	if ctx.Err() != nil {
		return
	}
	if err == nil && was != nil && !errors.Is(was, errStarting) {
		h.pool.Reset()
	}
	h.set(ctx, "postgres", err)
}

func (h *health) ask(ctx context.Context) error {
	if h.conn == nil || h.conn.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, h.pool.Config().ConnConfig)
		if err != nil {
			return err
		}
		h.conn = conn
	}
	var readOnly bool
	var at time.Time
	if err := h.conn.QueryRow(ctx, `select pg_is_in_recovery(), clock_timestamp()`).Scan(&readOnly, &at); err != nil {
		_ = h.conn.Close(context.WithoutCancel(ctx))
		return err
	}
	switch {
	case readOnly:
		return errReadOnly
	case at.Sub(h.now()) > maxBehind:
		return errBehind
	default:
		return nil
	}
}

// lookAtAudit sees whether the last record could be kept. After one that could
// not, nothing would be asked here any more and no record would try: so it
// tries one of its own, which marks the end of the gap for who reads the audit.
func (h *health) lookAtAudit(ctx context.Context) {
	if h.records.Healthy() == nil || h.database() != nil {
		h.set(ctx, "audit", h.records.Healthy())
		return
	}
	bounded, cancel := context.WithTimeout(ctx, 6*time.Second) // longer than the writer's own patience
	defer cancel()
	err := h.records.Append(audit.Record{
		ID: h.newID(), At: h.now().UTC(), RequestID: "health", SubjectKind: policy.System,
		Action: policy.Create, Resource: policy.AuditDecision, Operation: "audit resumed",
		AskedOrgIDs: []uuid.UUID{}, OrgIDs: []uuid.UUID{}, Reason: "audit_resumed",
	})(bounded)
	if ctx.Err() == nil {
		h.set(ctx, "audit", err)
	}
}

// database is why Postgres cannot be asked, or nil.
func (h *health) database() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.parts["postgres"]
}

// set keeps the state of a part and logs when it changes.
func (h *health) set(ctx context.Context, name string, err error) {
	h.mu.Lock()
	was := h.parts[name]
	h.parts[name] = err
	h.mu.Unlock()
	h.metrics.part(name, err)
	switch {
	case err != nil && was == nil:
		h.log.ErrorContext(ctx, "a part is gone", "part", name, "error", err)
	case err == nil && was != nil:
		h.log.InfoContext(ctx, "a part answers", "part", name)
	}
}
