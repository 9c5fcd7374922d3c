package data

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations"
)

// shape is the version of the rows that this package writes; raise it with them.
const shape = "3"

// fingerprint names what a set was made by.
func fingerprint() (string, error) {
	digest := sha256.New()
	fmt.Fprintf(digest, "shape %s\x00%s\x00", shape, statsSQL)
	err := fs.WalkDir(migrations.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := migrations.Files.ReadFile(name)
		fmt.Fprintf(digest, "%s\x00%d\x00%s", name, len(text), text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the migrations: %w", err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// make drops what is there and writes the set anew.
func (d *Database) make(ctx context.Context, log *slog.Logger, fingerprint string) error {
	log.InfoContext(ctx, "making the data set; it is kept for the next run", "clinics", d.Clinics, "calls", d.Calls, "dir", d.dir)
	if err := os.Remove(d.note()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := d.super(ctx, "postgres", func(conn *pgx.Conn) error {
		for _, name := range []string{database, blank} {
			if _, err := conn.Exec(ctx, `drop database if exists `+name+` with (force)`); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range []string{database, blank} {
		if err := d.postgres.CreateOwner(ctx, owner, name); err != nil {
			return err
		}
	}
	key, err := rls.NewKey("bench", rand.Reader)
	if err != nil {
		return err
	}
	if err := d.migrate(ctx, key); err != nil {
		return err
	}
	if err := d.fillBlank(ctx); err != nil {
		return err
	}
	d.kept = kept{Fingerprint: fingerprint, Base: d.Base, Key: string(key.File())}
	if err := d.super(ctx, database, func(conn *pgx.Conn) error { return d.fill(ctx, conn, log) }); err != nil {
		return err
	}
	text, err := json.MarshalIndent(d.kept, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(d.note(), text, 0o600)
}

func (d *Database) migrate(ctx context.Context, key rls.Key) error {
	return connected(ctx, d.postgres.DSN(owner, database), func(conn *pgx.Conn) error {
		if _, err := migrations.Up(ctx, conn); err != nil {
			return err
		}
		inner, outer := key.Pads()
		return migrations.InstallSealKey(ctx, conn, migrations.SealKey{ID: key.ID(), Inner: inner, Outer: outer})
	})
}

//go:embed blank.sql
var blankSQL string

func (d *Database) fillBlank(ctx context.Context) error {
	return d.super(ctx, blank, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, blankSQL)
		return err
	})
}

//go:embed stats.sql
var statsSQL string

// fill copies the rows in as the superuser with triggers off, and then makes
// by one statement what the triggers would have made.
func (d *Database) fill(ctx context.Context, conn *pgx.Conn, log *slog.Logger) error {
	if _, err := conn.Exec(ctx, `set session_replication_role = replica`); err != nil {
		return err
	}
	for _, t := range d.tables() {
		n, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, t.rows)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		log.InfoContext(ctx, "copied", "table", t.name, "rows", n)
	}
	if _, err := conn.Exec(ctx, `set session_replication_role = origin`); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, statsSQL); err != nil {
		return fmt.Errorf("counting the days: %w", err)
	}
	for _, clinic := range []int{d.Clinics - 1, d.Clinics / 2} {
		if err := checkStats(ctx, conn, clinic); err != nil {
			return fmt.Errorf("checking the days of clinic %d: %w", clinic, err)
		}
	}
	if err := conn.QueryRow(ctx, `select pg_get_functiondef('app.scope()'::regprocedure)`).Scan(&d.kept.Scope); err != nil {
		return fmt.Errorf("keeping the definition of the seal: %w", err)
	}
	log.InfoContext(ctx, "vacuuming")
	for _, statement := range []string{`vacuum (analyze)`, `checkpoint`} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
