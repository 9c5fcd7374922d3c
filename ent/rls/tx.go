package rls

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Tx is a transaction whose statements each carry the scope of their own
// context. It may be shared by goroutines: a mutex gives each statement the
// connection to itself, and results are read to their end before the next.
//
// It is a dialect.Driver too, so that ent.NewClient(ent.Driver(tx)) works in
// it; transactions begun inside are this one.
type Tx struct {
	driver *Driver
	conn   *pgxpool.Conn
	tx     pgx.Tx
	mu     sync.Mutex
	done   bool
}

var (
	_ dialect.Tx     = (*Tx)(nil)
	_ dialect.Driver = (*Tx)(nil)
)

// ErrTxDone means that a statement came after commit or rollback.
var ErrTxDone = errors.New("rls: the transaction is over")

// Begin starts a transaction. The caller must end it with Commit or Rollback.
func (d *Driver) Begin(ctx context.Context) (*Tx, error) {
	conn, err := d.Pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("acquiring a connection: %w", err)
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		conn.Release()
		return nil, fmt.Errorf("beginning a transaction: %w", err)
	}
	return &Tx{driver: d, conn: conn, tx: tx}, nil
}

// Exec implements dialect.ExecQuerier.
func (t *Tx) Exec(ctx context.Context, query string, args, v any) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return ErrTxDone
	}
	rows, err := t.driver.send(ctx, t.conn.Conn(), query, args)
	if err != nil {
		return err
	}
	return rows.finish(v)
}

// Query implements dialect.ExecQuerier. Rows are buffered: another statement
// may follow before they are closed.
func (t *Tx) Query(ctx context.Context, query string, args, v any) error {
	out, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("rls: unexpected result type %T", v)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return ErrTxDone
	}
	rows, err := t.driver.send(ctx, t.conn.Conn(), query, args)
	if err != nil {
		return err
	}
	buffered, err := rows.buffer(&t.driver.types)
	if err != nil {
		return err
	}
	out.ColumnScanner = buffered
	return nil
}

// Prove is what a function of the database that wants proof takes; see
// [Key.Prove].
func (t *Tx) Prove(message string) string { return t.driver.Key.Prove(message) }

// ErrUnknown means that the answer to a commit was lost: the work may have been
// kept, or not.
var ErrUnknown = errors.New("rls: the commit was not answered")

// Commit ends the transaction and keeps its work. ErrUnknown means that nobody
// knows whether it did; any other error, that nothing was kept.
func (t *Tx) Commit() error {
	return t.end(func(ctx context.Context) error {
		err := t.tx.Commit(ctx)
		switch {
		case err == nil:
			return nil
		case refused(err):
			return fmt.Errorf("committing: %w", err)
		default:
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
	})
}

// refused reports whether a failed commit surely kept nothing, because Postgres
// said so. One that is being shut down (class 57 of SQLSTATE) may say it after it
// has kept the work. pgconn.SafeToRetry is no witness: pgx reports an answer that
// was lost as a connection that was closed before.
func refused(err error) bool {
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return !strings.HasPrefix(state.Code, "57")
	}
	return errors.Is(err, pgx.ErrTxCommitRollback)
}

// Rollback ends the transaction and keeps nothing. After Commit it does
// nothing, so it may be deferred.
func (t *Tx) Rollback() error {
	err := t.end(t.tx.Rollback)
	if errors.Is(err, ErrTxDone) || errors.Is(err, pgx.ErrTxClosed) {
		return nil
	}
	return err
}

// endTime bounds the end of a transaction, which no request's context does: a
// database that is silent must hold nobody for ever.
const endTime = 5 * time.Second

// end runs without the request's context: a client that went away must not
// leave a transaction open.
func (t *Tx) end(do func(context.Context) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return ErrTxDone
	}
	t.done = true
	defer t.conn.Release()
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	return do(ctx)
}

// Dialect implements dialect.Driver.
func (*Tx) Dialect() string { return dialect.Postgres }

// Close implements dialect.Driver and does nothing: Commit and Rollback end.
func (*Tx) Close() error { return nil }

// Tx implements dialect.Driver: work that begins a transaction inside one
// joins it.
func (t *Tx) Tx(context.Context) (dialect.Tx, error) { return joined{t}, nil }

// joined is a transaction inside a transaction: its end is not the end.
type joined struct{ *Tx }

func (joined) Commit() error   { return nil }
func (joined) Rollback() error { return nil }
