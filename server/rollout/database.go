package rollout

import (
	"context"
	"fmt"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
)

// prover proves to the database that the program asks (rls.Key.Prove).
type prover interface{ Prove(message string) string }

// database asks for one row, in somebody's transaction or in one of its own.
// pgx.ErrNoRows when there is none.
type database struct {
	prover
	ask func(ctx context.Context, query string, args []any, into ...any) error
}

func inTx(tx audit.Tx) database {
	return database{tx, func(ctx context.Context, query string, args []any, into ...any) error {
		rows := &entsql.Rows{}
		if err := tx.Query(ctx, query, args, rows); err != nil {
			return fmt.Errorf("asking for a step of a policy: %w", err)
		}
		defer func() { _ = rows.Close() }()
		if !rows.Next() {
			if err := rows.Err(); err != nil {
				return fmt.Errorf("asking for a step of a policy: %w", err)
			}
			return pgx.ErrNoRows
		}
		return rows.Scan(into...)
	}}
}

func onPool(pool *pgxpool.Pool, key rls.Key) database {
	return database{key, func(ctx context.Context, query string, args []any, into ...any) error {
		return pool.QueryRow(ctx, query, args...).Scan(into...)
	}}
}
