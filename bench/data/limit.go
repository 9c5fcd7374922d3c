package data

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Limit sets how many requests a minute a clinic has. The others of the set have
// more than any benchmark asks for.
func (d *Database) Limit(ctx context.Context, clinic, perMinute int) error {
	return d.super(ctx, database, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `update organizations set requests_per_minute = $2 where id = $1`, Org(clinic), perMinute)
		return err
	})
}
