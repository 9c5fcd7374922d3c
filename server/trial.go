package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/lint"
	"github.com/voxanne/cascade/policy"
)

// trial is a fact that is tried rather than read. The scope it uses names no
// org, and its transaction is taken back.
type trial struct {
	Fact
	// hole is where it is, or "". An error is a hole too.
	hole func(context.Context, *pgx.Conn, rls.Key) (string, error)
}

// skewed is how far the clocks of the database and of this machine may be
// apart. A scope lasts seconds.
const skewed = 2 * time.Second

func (d deployment) trials() []trial {
	const restore = "restore app.scope() from the migrations"
	return []trial{
		{Fact{
			Code: "scope-none", Serve: lint.Refuses, Name: "without a scope there are no rows", Why: "A forgotten scope would show every clinic.",
			Mend: "see which policy lets them through: \\d+ <table>",
		}, func(ctx context.Context, conn *pgx.Conn, _ rls.Key) (string, error) { return unscoped(ctx, conn) }},
		{Fact{
			Code: "seal-accepted", Serve: lint.Refuses, Name: "the database accepts the seal key", Why: "No statement would reach a row.",
			Mend: "set CASCADE_SEAL_KEY_FILE and run: cascade migrate up",
		}, func(ctx context.Context, conn *pgx.Conn, key rls.Key) (string, error) {
			return "", sealed(ctx, conn, key.Seal(nobody(), conn.PgConn().PID(), d.now().Add(time.Minute)))
		}},
		{Fact{
			Code: "seal-forged", Serve: lint.Refuses, Name: "the database refuses a forged seal", Why: "Anyone who can inject SQL could name their clinics.", Mend: restore,
		}, func(ctx context.Context, conn *pgx.Conn, key rls.Key) (string, error) {
			forged, err := rls.NewKey(key.ID(), rand.Reader)
			if err != nil {
				return "", err
			}
			seal := forged.Seal(nobody(), conn.PgConn().PID(), d.now().Add(time.Minute))
			return refused(sealed(ctx, conn, seal), "a scope under a key that was made just now")
		}},
		{Fact{
			Code: "seal-expired", Serve: lint.Refuses, Name: "the database refuses a scope that is over", Why: "One that leaked once would be good for ever.", Mend: restore,
		}, func(ctx context.Context, conn *pgx.Conn, key rls.Key) (string, error) {
			seal := key.Seal(nobody(), conn.PgConn().PID(), d.now().Add(-time.Minute))
			return refused(sealed(ctx, conn, seal), "a scope that ended a minute ago")
		}},
		{Fact{
			Code: "seal-elsewhere", Serve: lint.Refuses, Name: "the database refuses another connection's scope", Why: "One that is seen elsewhere could be used here.", Mend: restore,
		}, func(ctx context.Context, conn *pgx.Conn, key rls.Key) (string, error) {
			seal := key.Seal(nobody(), conn.PgConn().PID()+1, d.now().Add(time.Minute))
			return refused(sealed(ctx, conn, seal), "a scope of another connection")
		}},
		{Fact{
			Code: "clock", Serve: lint.Warns, Name: "the clocks agree", Why: "Scopes would be over before they are used, or live longer than they should.",
			Mend: "run chrony, or another NTP client, on both machines",
		}, func(ctx context.Context, conn *pgx.Conn, _ rls.Key) (string, error) { return d.skew(ctx, conn) }},
	}
}

// tried are the facts that are tried. Without a key nothing can be sealed, and
// config-seal-key says so.
func (d deployment) tried(ctx context.Context, conn *pgx.Conn) []Fact {
	key, err := readSealKey(d.config.SealKeyFile)
	if err != nil {
		return nil
	}
	all := d.trials()
	facts := make([]Fact, len(all))
	for i, t := range all {
		at, err := t.hole(ctx, conn, key)
		facts[i] = t.or(at, err)
	}
	return facts
}

func nobody() policy.Scope { return policy.NewScope(policy.Subject{ID: uuid.New()}) }

// sealed opens a scope as every statement of the program does.
func sealed(ctx context.Context, conn *pgx.Conn, seal string) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('app.scope', $1, true) is null`, seal); err != nil {
			return err
		}
		var opened bool
		if err := tx.QueryRow(ctx, `select app.scope() is not null`).Scan(&opened); err != nil {
			return err
		}
		if !opened {
			return errors.New("the scope was not opened")
		}
		return nil
	})
}

// refused turns the one error that was wanted into nothing, and none into a hole.
func refused(err error, what string) (string, error) {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return what, nil
	case errors.As(err, &pg) && pg.Code == "42501":
		return "", nil
	default:
		return "", err
	}
}

// unscoped names a table that shows a row to who has no scope. Tables that say
// they are nobody's may.
func unscoped(ctx context.Context, conn *pgx.Conn) (string, error) {
	var each string
	err := conn.QueryRow(ctx, `
		select coalesce(string_agg(format('select %L where exists (select from %s)', c.oid::regclass, c.oid::regclass), ' union all ' order by c.relname), 'select '''' where false')
		  from pg_class c
		 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and has_any_column_privilege(c.oid, 'select')
		   and coalesce(obj_description(c.oid, 'pg_class'), '') not like 'nobody: %'`).Scan(&each)
	if err != nil {
		return "", fmt.Errorf("listing the tables: %w", err)
	}
	rows, err := conn.Query(ctx, "select coalesce(string_agg(t, ', '), '') from ("+each+") x(t)", pgx.QueryExecModeDescribeExec)
	if err != nil {
		return "", err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
}

// skew is how far the database's clock is from this machine's, beyond what the
// way there explains.
func (d deployment) skew(ctx context.Context, conn *pgx.Conn) (string, error) {
	before := d.now()
	var there time.Time
	if err := conn.QueryRow(ctx, `select clock_timestamp()`).Scan(&there); err != nil {
		return "", err
	}
	after := d.now()
	switch {
	case there.Before(before.Add(-skewed)):
		return fmt.Sprintf("the database is %s behind", before.Sub(there).Round(time.Millisecond)), nil
	case there.After(after.Add(skewed)):
		return fmt.Sprintf("the database is %s ahead", there.Sub(after).Round(time.Millisecond)), nil
	default:
		return "", nil
	}
}
