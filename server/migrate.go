package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
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
			steps, err = everyStep()
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

func everyStep() ([]migrations.Step, error) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("listing migrations: %w", err)
	}
	slices.Sort(names)
	steps := make([]migrations.Step, len(names))
	for i, name := range names {
		steps[i].Name = name
	}
	return steps, nil
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
