// Package rls is the ent driver that binds every statement to its scope.
//
// ent's own way (sql.WithVar) runs a session-level SET outside the statement:
// inside a transaction it is never reset, so the next user of the pooled
// connection inherits the clinic, and its value is not escaped. Here each
// statement travels with its sealed scope in one batch:
//
//	select set_config('app.scope', <seal>, true)
//	<the statement>
//
// Postgres runs a batch as one implicit transaction and the setting dies with
// it: one round trip, nothing to reset, nothing to leak. Inside a transaction
// each statement carries the scope of its own context all the same.
//
// A context without a scope gets policy.ErrNoScope and sends nothing.
package rls

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/voxanne/cascade/policy"
)

// setScope answers a boolean so that the seal does not travel back.
const setScope = `select set_config('app.scope', $1, true) is null`

// DefaultSealTTL is how long a seal is good for: longer than any statement is
// allowed to run.
const DefaultSealTTL = time.Minute

// Config is what a Driver needs. Key and Pool are required.
type Config struct {
	Pool    *pgxpool.Pool
	Key     Key
	SealTTL time.Duration // zero means DefaultSealTTL
	Now     func() time.Time
	Tracer  trace.Tracer
}

// Driver implements dialect.Driver over a pool. It is safe for concurrent use.
type Driver struct {
	Config
	types typePool
}

var _ dialect.Driver = (*Driver)(nil)

// New makes a driver. The pool stays the caller's to close.
func New(c Config) *Driver {
	if c.SealTTL == 0 {
		c.SealTTL = DefaultSealTTL
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Tracer == nil {
		c.Tracer = noop.NewTracerProvider().Tracer("")
	}
	return &Driver{Config: c}
}

// runtimeParams bound what one connection can hold up, in milliseconds, and keep
// a statement's plan; a DSN that names them wins.
//
// Left to itself Postgres plans a statement with row-level security anew each
// time, because it guesses a plan for this one clinic to be cheaper: a fifth of
// its share of a list's price. And it takes every clinic to be small, because
// nobody's ids are sampled: with bitmap scans it read and sorted a whole clinic
// for a list, at a fifteenth of the speed, rather than walk the index in order.
var runtimeParams = map[string]string{ //nolint:gochecknoglobals // immutable table
	"application_name": "cascade", "statement_timeout": "15000", "idle_in_transaction_session_timeout": "30000",
	"plan_cache_mode": "force_generic_plan", "enable_bitmapscan": "off",
}

// PoolConfig reads a DSN into the pool settings that the driver wants: UTC
// times, room for ent's many statements, bounded statements, and no simple
// protocol.
func PoolConfig(dsn string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("reading the database address: %w", err)
	}
	c.ConnConfig.StatementCacheCapacity = 2048
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	c.ConnConfig.ConnectTimeout = 3 * time.Second
	for name, value := range runtimeParams {
		if _, ok := c.ConnConfig.RuntimeParams[name]; !ok {
			c.ConnConfig.RuntimeParams[name] = value
		}
	}
	c.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(utcTimestamps())
		return nil
	}
	return c, nil
}

func utcTimestamps() *pgtype.Type {
	return &pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	}
}

// Dialect implements dialect.Driver.
func (*Driver) Dialect() string { return dialect.Postgres }

// Close implements dialect.Driver; the pool is not ours to close.
func (*Driver) Close() error { return nil }

// Exec implements dialect.ExecQuerier. v may be nil or a *sql.Result.
func (d *Driver) Exec(ctx context.Context, query string, args, v any) error {
	conn, err := d.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("acquiring a connection: %w", err)
	}
	defer conn.Release()
	rows, err := d.send(ctx, conn.Conn(), query, args)
	if err != nil {
		return err
	}
	return rows.finish(v)
}

// Query implements dialect.ExecQuerier. v must be an *sql.Rows of ent. A
// SELECT streams and holds its connection until the rows are closed; anything
// that writes is read to its end first, because ent ignores the error of
// Close, and that is where a commit fails.
func (d *Driver) Query(ctx context.Context, query string, args, v any) error {
	out, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("rls: unexpected result type %T", v)
	}
	conn, err := d.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("acquiring a connection: %w", err)
	}
	rows, err := d.send(ctx, conn.Conn(), query, args)
	if err != nil {
		conn.Release()
		return err
	}
	if isSelect(query) {
		rows.release = conn.Release
		out.ColumnScanner = rows
		return nil
	}
	defer conn.Release()
	buffered, err := rows.buffer(&d.types)
	if err != nil {
		return err
	}
	out.ColumnScanner = buffered
	return nil
}

// send puts seal and statement on the wire together and reads as far as the
// statement's own rows.
func (d *Driver) send(ctx context.Context, conn *pgx.Conn, query string, args any) (*streamed, error) {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return nil, err
	}
	list, ok := args.([]any)
	if !ok {
		return nil, fmt.Errorf("rls: unexpected argument type %T", args)
	}
	ctx, span := d.Tracer.Start(ctx, "sql "+verb(query), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system", "postgresql"), attribute.String("db.query.text", query)))
	seal := d.Key.Seal(scope, conn.PgConn().PID(), d.Now().Add(d.SealTTL))
	batch := &pgx.Batch{}
	batch.Queue(setScope, seal)
	batch.Queue(query, native(list)...)
	results := conn.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		err = errors.Join(err, results.Close())
		span.RecordError(errors.New("scope not set"))
		span.End()
		return nil, fmt.Errorf("setting the scope: %w", err)
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		span.End()
		return nil, err
	}
	return &streamed{rows: rows, results: results, span: span}, nil
}

// native gives pgx the ids as it knows them: a uuid.UUID is a driver.Valuer, and
// would travel as text that Postgres has to parse.
func native(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
		if id, ok := a.(uuid.UUID); ok {
			out[i] = pgtype.UUID{Bytes: id, Valid: true}
		}
	}
	return out
}

// Tx implements dialect.Driver.
func (d *Driver) Tx(ctx context.Context) (dialect.Tx, error) { return d.Begin(ctx) }

// BeginTx is what ent looks for when options are given.
func (d *Driver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	if opts != nil && (opts.Isolation != sql.LevelDefault || opts.ReadOnly) {
		return nil, errors.New("rls: transaction options are not supported")
	}
	return d.Begin(ctx)
}

func isSelect(query string) bool { return verb(query) == "SELECT" }

func verb(query string) string {
	word, _, _ := strings.Cut(query, " ")
	return word
}

// affected is the sql.Result of a command.
type affected int64

func (affected) LastInsertId() (int64, error) {
	return 0, errors.New("rls: Postgres has no last insert id")
}
func (a affected) RowsAffected() (int64, error) { return int64(a), nil }

func result(v any, tag pgconn.CommandTag) error {
	switch v := v.(type) {
	case nil:
	case *sql.Result:
		*v = affected(tag.RowsAffected())
	default:
		return fmt.Errorf("rls: unexpected result type %T", v)
	}
	return nil
}
