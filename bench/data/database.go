package data

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/local"
)

const (
	owner    = "cascade_owner"
	app      = "cascade_app"
	database = "bench"
	// blank is a database in which app.audit_append does nothing.
	blank = "bench_blank"
)

// Config says which set is wanted, and where sets are kept between runs.
type Config struct {
	Size Size
	Dir  string // one directory below it for each size
	Log  *slog.Logger
	Now  time.Time
}

// Database is a running Postgres with the set in it.
type Database struct {
	*Set
	Key rls.Key // seals scopes that this database opens

	dir      string
	postgres *local.Postgres
	kept     kept
}

// kept is what is remembered of a set between runs.
type kept struct {
	Fingerprint string    `json:"fingerprint"`
	Base        time.Time `json:"base"`
	Key         string    `json:"key"`
	// Scope is the definition of app.scope() as the migrations made it.
	Scope string `json:"scope"`
}

// settings are what a careful operator of one machine would set. Every commit
// is on the disk before it is acknowledged.
var settings = map[string]string{ //nolint:gochecknoglobals // immutable table
	"shared_buffers": "1GB", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
	"max_wal_size": "4GB", "checkpoint_timeout": "15min",
}

// Open starts the Postgres of the set, and makes the set first where it is not
// there or was made by other migrations. Close ends it.
func Open(ctx context.Context, c Config) (_ *Database, err error) {
	if c.Size.Clinics < 1 || c.Size.Clinics > 9999 || c.Size.Calls < 1 {
		return nil, fmt.Errorf("a set of %s makes no sense: 1 to 9999 clinics, and calls", c.Size)
	}
	d := &Database{dir: filepath.Join(c.Dir, c.Size.String())}
	d.postgres, err = local.StartPostgres(ctx, local.PostgresConfig{Dir: d.dir, Settings: settings})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	want, err := fingerprint()
	if err != nil {
		return nil, err
	}
	if err := d.read(); err != nil {
		return nil, err
	}
	d.Set = NewSet(c.Size, d.kept.Base)
	if d.kept.Fingerprint != want {
		d.Set = NewSet(c.Size, c.Now)
		if err := d.make(ctx, c.Log, want); err != nil {
			return nil, fmt.Errorf("making the data set: %w", err)
		}
	}
	if d.Key, err = rls.ParseKey([]byte(d.kept.Key)); err != nil {
		return nil, err
	}
	return d, d.Seal(ctx, true)
}

// Close ends the Postgres and keeps the set.
func (d *Database) Close() error { return d.postgres.Stop() }

// AppDSN is how contenders connect: as the app role, bound by every wall.
func (d *Database) AppDSN() string { return d.postgres.DSN(app, database) }

// BlankDSN is a database whose app.audit_append answers at once and keeps
// nothing.
func (d *Database) BlankDSN() string { return d.postgres.DSN(app, blank) }

// Version is Postgres' version.
func (d *Database) Version() string { return d.postgres.Version() }

// PID is the process id of the postmaster.
func (d *Database) PID() (int, error) {
	text, err := os.ReadFile(filepath.Join(d.dir, "postgres", "postmaster.pid"))
	if err != nil {
		return 0, fmt.Errorf("finding the postmaster: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(strings.TrimSpace(first))
}

func (d *Database) note() string { return filepath.Join(d.dir, "bench.json") }

func (d *Database) read() error {
	text, err := os.ReadFile(d.note())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading what is known of the data set: %w", err)
	}
	if err := json.Unmarshal(text, &d.kept); err != nil {
		return fmt.Errorf("reading what is known of the data set: %w", err)
	}
	return nil
}

func (d *Database) super(ctx context.Context, name string, do func(*pgx.Conn) error) error {
	return connected(ctx, d.postgres.DSN("postgres", name), do)
}

func connected(ctx context.Context, dsn string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}
