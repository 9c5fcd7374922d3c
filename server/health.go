package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
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

var (
	errStarting = errors.New("not looked at yet")
	errReadOnly = errors.New("the database takes no writes")
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
	was := h.part("postgres")
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
	if err := h.conn.QueryRow(ctx, `select pg_is_in_recovery()`).Scan(&readOnly); err != nil {
		_ = h.conn.Close(context.WithoutCancel(ctx))
		return err
	}
	if readOnly {
		return errReadOnly
	}
	return nil
}

// lookAtAudit sees whether the last record could be kept. After one that could
// not, nothing would be asked here any more and no record would try: so it
// tries one of its own, which marks the end of the gap for who reads the audit.
func (h *health) lookAtAudit(ctx context.Context) {
	if h.records.Healthy() == nil || h.part("postgres") != nil {
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

func (h *health) part(name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.parts[name]
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

// available passes requests on while Postgres answers, and refuses them at
// once while it does not.
func (h *health) available(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.part("postgres") != nil {
			unavailableNow("database_unavailable").write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// live says that the process answers, which is all that a restart could mend.
func (*health) live(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, "application/json", http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether requests should be sent here, and which part is missing.
// A Redis that is gone is no reason to turn away: limits hold without it.
func (h *health) ready(w http.ResponseWriter, _ *http.Request) {
	status, word := http.StatusOK, "ready"
	parts := map[string]string{"limits": "ok"}
	if h.limits() {
		parts["limits"] = "degraded"
	}
	h.mu.Lock()
	for name, err := range h.parts {
		parts[name] = "ok"
		if err != nil {
			parts[name] = "down"
			status, word = http.StatusServiceUnavailable, "unready"
		}
	}
	h.mu.Unlock()
	if h.draining.Load() {
		status, word = http.StatusServiceUnavailable, "draining"
	}
	writeJSON(w, "application/json", status, map[string]any{"status": word, "parts": parts})
}
