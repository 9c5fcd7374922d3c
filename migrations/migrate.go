package migrations

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"
)

// lockKey is the advisory lock that lets one migrator work at a time.
const lockKey = 0x63617363616465 // "cascade"

// Step is one migration and whether the database has it.
type Step struct {
	Name    string
	Sum     string    // SHA-256 of the file, hex
	Applied time.Time // zero: not yet
}

// ErrEdited means that an applied step no longer reads as it did when applied.
var ErrEdited = errors.New("an applied migration was edited")

// Up applies every step that the database lacks and returns their names.
// It must run as the owner. Two at once take turns; a failing step leaves the
// ones before it applied and nothing of itself.
func Up(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", lockKey); err != nil {
		return nil, fmt.Errorf("taking the migration lock: %w", err)
	}
	defer func() {
		// Free the lock even when ctx is over; the connection may be reused.
		free, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = conn.Exec(free, "select pg_advisory_unlock($1)", lockKey)
	}()
	const ledger = `create table if not exists schema_migrations (
		name text primary key, sum text not null, applied_at timestamptz not null default now())`
	if _, err := conn.Exec(ctx, ledger); err != nil {
		return nil, fmt.Errorf("making the migration ledger: %w", err)
	}
	steps, err := Status(ctx, conn)
	if err != nil {
		return nil, err
	}
	var done []string
	for _, step := range steps {
		if !step.Applied.IsZero() {
			continue
		}
		if err := apply(ctx, conn, step); err != nil {
			return done, fmt.Errorf("migration %s: %w", step.Name, err)
		}
		done = append(done, step.Name)
	}
	return done, nil
}

// Status lists every step in order. It returns ErrEdited when the database
// holds a step whose file has changed since.
func Status(ctx context.Context, conn *pgx.Conn) ([]Step, error) {
	applied := map[string]Step{}
	rows, err := conn.Query(ctx, `select name, sum, applied_at from schema_migrations`)
	if err != nil {
		return nil, fmt.Errorf("reading the migration ledger: %w", err)
	}
	var s Step
	_, err = pgx.ForEachRow(rows, []any{&s.Name, &s.Sum, &s.Applied}, func() error {
		applied[s.Name] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the migration ledger: %w", err)
	}
	steps, err := Steps()
	if err != nil {
		return nil, err
	}
	for i, step := range steps {
		if was, ok := applied[step.Name]; ok {
			if was.Sum != step.Sum {
				return nil, fmt.Errorf("%s: %w", step.Name, ErrEdited)
			}
			steps[i].Applied = was.Applied
		}
	}
	return steps, nil
}

// Steps are all that this program has, in order, none of them applied.
func Steps() ([]Step, error) {
	names, err := fs.Glob(Files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("listing migrations: %w", err)
	}
	sort.Strings(names)
	steps := make([]Step, len(names))
	for i, name := range names {
		text, err := Files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		steps[i] = Step{Name: name, Sum: hex.EncodeToString(sum[:])}
	}
	return steps, nil
}

func apply(ctx context.Context, conn *pgx.Conn, step Step) error {
	text, err := Files.ReadFile(step.Name)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// Without arguments pgx sends the whole file in one simple query.
		if _, err := tx.Exec(ctx, string(text)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into schema_migrations (name, sum) values ($1, $2)`, step.Name, step.Sum)
		return err
	})
}
