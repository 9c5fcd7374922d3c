package reception

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// one runs a statement under the scope of ctx and scans its first row, if there
// is one. The statement names its org all the same, so that neither wall stands
// alone.
func one(ctx context.Context, tx dialect.ExecQuerier, query string, args []any, dest ...any) (found bool, err error) {
	found = false
	err = each(ctx, tx, query, args, dest, func() error {
		found = true
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

// errEnough ends each early.
var errEnough = errors.New("enough rows")

// each scans every row of a statement into dest and calls do after each.
func each(ctx context.Context, tx dialect.ExecQuerier, query string, args, dest []any, do func() error) (err error) {
	rows := &entsql.Rows{}
	if err := tx.Query(ctx, query, args, rows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("reading a row: %w", err)
		}
		if err := do(); err != nil {
			return err
		}
	}
	return rows.Err()
}
