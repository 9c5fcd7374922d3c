package rls

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgconn"
)

// Each runs a statement that is not ent's and hands its rows over one by one. It
// runs under the scope of ctx; name its org all the same, so that neither wall
// stands alone.
func Each(ctx context.Context, tx dialect.ExecQuerier, query string, args []any, row func(*entsql.Rows) error) (err error) {
	rows := &entsql.Rows{}
	if err := tx.Query(ctx, query, args, rows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("reading a row: %w", err)
		}
	}
	return rows.Err()
}

// One is Each for the first row, which it scans into dest; found is false when
// there is none.
func One(ctx context.Context, tx dialect.ExecQuerier, query string, args []any, dest ...any) (found bool, err error) {
	err = Each(ctx, tx, query, args, func(rows *entsql.Rows) error {
		if found {
			return nil
		}
		found = true
		return rows.Scan(dest...)
	})
	return found, err
}

// Conflicting reports whether err ended a transaction only because another was
// in its way (SQLSTATE 40001 and 40P01): the same work may be done again.
func Conflicting(err error) bool {
	state, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (state.Code == "40001" || state.Code == "40P01")
}
