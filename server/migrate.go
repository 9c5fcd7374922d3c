package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/migrations"
)

var errNoOwner = errors.New("CASCADE_OWNER_DATABASE_URL is not set: migrations run as the owner of the database")

// Migrate applies, as the owner, every migration that the database lacks, and
// makes it accept the seal key of Config.SealKeyFile, if one is set. It says
// on out what it did.
func Migrate(ctx context.Context, c Config, out io.Writer) error {
	return asOwner(ctx, c, func(conn *pgx.Conn) error {
		applied, err := migrations.Up(ctx, conn)
		for _, name := range applied {
			if _, err := fmt.Fprintln(out, "applied", name); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		if len(applied) == 0 {
			if _, err := fmt.Fprintln(out, "nothing to apply"); err != nil {
				return err
			}
		}
		if c.SealKeyFile == "" {
			return nil
		}
		key, err := readSealKey(c.SealKeyFile)
		if err != nil {
			return err
		}
		inner, outer := key.Pads()
		if err := migrations.InstallSealKey(ctx, conn, migrations.SealKey{ID: key.ID(), Inner: inner, Outer: outer}); err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, "accepts seal key", key.ID())
		return err
	})
}

// MigrationStatus lists on out every migration and when it was applied. A
// database that has none yet lists them all as pending.
func MigrationStatus(ctx context.Context, c Config, out io.Writer) error {
	return asOwner(ctx, c, func(conn *pgx.Conn) error {
		steps, err := migrations.Status(ctx, conn)
		var unknown *pgconn.PgError
		if errors.As(err, &unknown) && unknown.Code == "42P01" { // no ledger: a database that is new
			steps, err = migrations.Steps()
		}
		if err != nil {
			return err
		}
		for _, s := range steps {
			when := "pending"
			if !s.Applied.IsZero() {
				when = s.Applied.UTC().Format(time.RFC3339)
			}
			if _, err := fmt.Fprintf(out, "%-32s %s\n", s.Name, when); err != nil {
				return err
			}
		}
		return nil
	})
}

func asOwner(ctx context.Context, c Config, do func(*pgx.Conn) error) error {
	if c.OwnerDatabaseURL == "" {
		return errNoOwner
	}
	conn, err := connect(ctx, c.OwnerDatabaseURL)
	if err != nil {
		return fmt.Errorf("connecting as the owner: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}

// connect has no bounds but the start's: a migration takes as long as it takes.
func connect(ctx context.Context, dsn string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the address does not read")
	}
	config.ConnectTimeout = 5 * time.Second
	return pgx.ConnectConfig(ctx, config)
}
