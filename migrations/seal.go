package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// SealKey is a key in the form the database keeps: the two padded blocks of
// HMAC-SHA256 (RFC 2104), from ent/rls.
type SealKey struct {
	ID           string
	Inner, Outer [64]byte
}

// InstallSealKey makes the database accept scopes sealed with the key. It runs
// as the owner and is idempotent; another key under the same id is an error.
func InstallSealKey(ctx context.Context, conn *pgx.Conn, key SealKey) error {
	tag, err := conn.Exec(ctx, `
		insert into app.seal_keys as k (kid, inner_pad, outer_pad) values ($1, $2, $3)
		on conflict (kid) do update set kid = excluded.kid
		where k.inner_pad = excluded.inner_pad and k.outer_pad = excluded.outer_pad`,
		key.ID, key.Inner[:], key.Outer[:])
	if err != nil {
		return fmt.Errorf("installing seal key %s: %w", key.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("installing seal key %s: the database holds another key of that name", key.ID)
	}
	return nil
}
