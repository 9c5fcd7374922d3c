package data

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
)

//go:embed unsealed.sql
var unsealedSQL string

// Seal puts the seal of scopes on or takes it off, to measure its price. Off,
// the database believes any scope that it is told: it is a database of made-up
// clinics, and Open puts the seal back.
func (d *Database) Seal(ctx context.Context, on bool) error {
	definition := d.kept.Scope
	if !on {
		definition = unsealedSQL
	}
	return d.superDo(ctx, definition)
}

// Settle empties the tables that a run fills and waits until the disk is
// quiet, so that a contender does not pay for the one before.
func (d *Database) Settle(ctx context.Context) error {
	return d.superDo(ctx, `truncate audit_decisions, audit_decision_orgs, knowledge_base, idempotency_keys`, `checkpoint`)
}

func (d *Database) superDo(ctx context.Context, statements ...string) error {
	return d.super(ctx, database, func(conn *pgx.Conn) error {
		for _, statement := range statements {
			if _, err := conn.Exec(ctx, statement); err != nil {
				return fmt.Errorf("preparing the database: %w", err)
			}
		}
		return nil
	})
}
