package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// Config is what a Runner needs. What has no default is required.
type Config struct {
	// DSN is the database as the app role: the queue is worked over connections
	// of its own, which alone may look into it.
	DSN      string
	Driver   *rls.Driver
	Policies policy.Source
	Records  *audit.Writer
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() uuid.UUID

	Workers  []Handler
	Periodic []Periodic

	// Lanes is how many jobs of each lane this process works at a time; nil
	// means DefaultLanes.
	Lanes map[queue.Lane]int
	// Poll is how often the queue is looked at; zero means DefaultPoll.
	Poll time.Duration
	// Rescue is after how long a job that its worker has not ended is given to
	// another: beyond every timeout. Zero means DefaultRescue.
	Rescue time.Duration
	// Drain is how long jobs at work have when the runner stops; zero means
	// DefaultDrain.
	Drain time.Duration
	// Jitter draws a pause from 0 up to most; nil draws evenly (full jitter).
	Jitter func(most time.Duration) time.Duration
	// Observe is told of each attempt; nil: nobody is. It must not block.
	Observe func(Observation)
}

// Defaults of a Config.
const (
	DefaultPoll   = 500 * time.Millisecond
	DefaultRescue = 2 * time.Minute
	DefaultDrain  = 15 * time.Second
)

// DefaultLanes is how many jobs of each lane a process works at a time.
func DefaultLanes() map[queue.Lane]int { return map[queue.Lane]int{queue.Local: 8, queue.Errands: 16} }

// Observation is one attempt at a job, for metrics.
type Observation struct {
	Kind   string
	Result Result
	// Class is the class of a failure; empty otherwise.
	Class string
	Took  time.Duration
}

// Result is what became of an attempt.
type Result string

// The results.
const (
	Done    Result = "done"
	Failed  Result = "failed"  // it is tried again
	Dead    Result = "dead"    // it is not tried again
	Refused Result = "refused" // the policy, or what comes before it, said no
	Waiting Result = "waiting" // its clinic is suspended
	Lost    Result = "lost"    // it went to another attempt meanwhile
)

// Runner works the queue. Make it with New.
type Runner struct {
	Config
	handlers map[string]Handler
	pool     *pgxpool.Pool
	slots    map[string]time.Time // of recurring jobs that are surely in the queue
}

// New makes a runner, which connects to nothing yet. Close frees it.
func New(ctx context.Context, c Config) (*Runner, error) {
	if c.Lanes == nil {
		c.Lanes = DefaultLanes()
	}
	if c.Poll == 0 {
		c.Poll = DefaultPoll
	}
	if c.Rescue == 0 {
		c.Rescue = DefaultRescue
	}
	if c.Drain == 0 {
		c.Drain = DefaultDrain
	}
	if c.Jitter == nil {
		c.Jitter = func(most time.Duration) time.Duration { return rand.N(most + 1) } //nolint:gosec // a pause is no secret
	}
	if c.Observe == nil {
		c.Observe = func(Observation) {}
	}
	r := &Runner{Config: c, handlers: map[string]Handler{}, slots: map[string]time.Time{}}
	var errs []error
	for _, h := range c.Workers {
		a := h.about()
		if _, twice := r.handlers[a.kind]; twice {
			a.err = fmt.Errorf("%w: two for kind %q", errWorker, a.kind)
		}
		errs = append(errs, a.err)
		r.handlers[a.kind] = h
	}
	for _, p := range c.Periodic {
		if _, ok := r.handlers[p.name]; !ok {
			errs = append(errs, fmt.Errorf("%w: nobody works %q, which recurs", errWorker, p.name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	pool, err := workersPool(c)
	if err != nil {
		return nil, err
	}
	if r.pool, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return nil, fmt.Errorf("opening the queue: %w", err)
	}
	return r, nil
}

// Close frees the runner's connections. Run must have returned.
func (r *Runner) Close() { r.pool.Close() }

// A worker's connection lives for connLife, and its seal for longer.
const (
	connLife = 30 * time.Minute
	sealLife = 2 * time.Hour
)

// workersPool are connections that the queue opens for: each proves, by a seal
// for its own backend, that it is a worker's (app.working).
func workersPool(c Config) (*pgxpool.Config, error) {
	config, err := rls.PoolConfig(c.DSN)
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.MaxConnLifetime = 4, connLife
	config.ConnConfig.RuntimeParams["application_name"] = "cascade-jobs"
	before := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if before != nil {
			if err := before(ctx, conn); err != nil {
				return err
			}
		}
		// By the database's clock: it is the database that looks at it.
		var until int64
		life := int64(sealLife / time.Second)
		if err := conn.QueryRow(ctx, `select extract(epoch from clock_timestamp())::bigint + $1::bigint`, life).Scan(&until); err != nil {
			return fmt.Errorf("sealing a worker's connection: %w", err)
		}
		seal := workersSeal(c.Driver.Key, int64(conn.PgConn().PID()), until)
		if _, err := conn.Exec(ctx, `select set_config('app.working', $1, false) is null`, seal); err != nil {
			return fmt.Errorf("sealing a worker's connection: %w", err)
		}
		return nil
	}
	return config, nil
}

// workersSeal is what app.working of the database opens for, on one backend and
// until then, in Unix seconds.
func workersSeal(key rls.Key, backend, until int64) string {
	return fmt.Sprintf("%d %s", until, key.Prove(fmt.Sprintf("job.work %d %d", backend, until)))
}
