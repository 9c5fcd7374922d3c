// Package dbtest gives each test a migrated Postgres database of its own, and
// a Redis. A machine without them fails the test; nothing is ever skipped.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations"
	"github.com/voxanne/cascade/server/local"
)

const owner = "cascade_owner"

// DB is one test's database.
type DB struct {
	Name     string
	OwnerDSN string // runs migrations
	AppDSN   string // what the program connects as
	SuperDSN string // tears walls down, to see that the next one holds
	RedisURL string
	Key      rls.Key // seals scopes that this database opens
}

// servers are shared by all tests of a process, and by all processes of a run.
type servers struct {
	once     sync.Once
	lease    *local.Lease
	template string
	key      rls.Key
	err      error
}

//nolint:gochecknoglobals // one pair of servers for every test of the process
var shared servers

// Open makes a database from a migrated template and drops it when the test ends.
func Open(t testing.TB) *DB {
	t.Helper()
	shared.once.Do(func() { shared.start() })
	if shared.err != nil {
		t.Fatalf("no servers to test on: %v", shared.err)
	}
	db := &DB{Name: "t_" + uuid.NewString()[:18], Key: shared.key, RedisURL: shared.lease.RedisURL()}
	db.OwnerDSN = shared.lease.DSN(owner, db.Name)
	db.AppDSN = shared.lease.DSN("cascade_app", db.Name)
	db.SuperDSN = shared.lease.DSN("postgres", db.Name)
	admin := func(role, statement string) error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return withConn(ctx, shared.lease.DSN(role, "postgres"), func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, statement)
			return err
		})
	}
	if err := admin(owner, fmt.Sprintf(`create database %q template %q`, db.Name, shared.template)); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	// The rights on a database itself are not copied from its template.
	if err := admin(owner, fmt.Sprintf(`revoke temporary on database %q from public`, db.Name)); err != nil {
		t.Fatalf("closing a database: %v", err)
	}
	t.Cleanup(func() {
		// As the superuser: the owner may not end the superuser's and the app's
		// connections, which close a moment after the test has closed them.
		if err := admin("postgres", fmt.Sprintf(`drop database %q with (force)`, db.Name)); err != nil {
			t.Errorf("dropping the database: %v", err)
		}
	})
	return db
}

// Pool connects as the app role; it is closed when the test ends.
func (db *DB) Pool(t testing.TB, maxConns int32) *pgxpool.Pool {
	t.Helper()
	config, err := rls.PoolConfig(db.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = maxConns
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Exec runs a statement as the superuser, past every wall: for setting scenes
// and for tearing walls down.
func (db *DB) Exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	err := withConn(t.Context(), db.SuperDSN, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), statement, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// start finds or starts the servers and makes the template that this build's
// migrations describe, unless another process has made it.
func (s *servers) start() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	s.err = func() error {
		lease, err := local.Share(ctx, local.ShareConfig{})
		if err != nil {
			return err
		}
		s.lease = lease
		if err := lease.CreateOwner(ctx, owner, "postgres_of_owner"); err != nil {
			return err
		}
		// The key is fixed: it seals scopes of throw-away databases alone.
		s.key, err = rls.ParseKey([]byte("test:" + hex.EncodeToString(make([]byte, 32))))
		if err != nil {
			return err
		}
		digest := sha256.New()
		names, err := migrations.Files.ReadDir(".")
		if err != nil {
			return err
		}
		for _, n := range names {
			text, err := migrations.Files.ReadFile(n.Name())
			if err != nil {
				return err
			}
			digest.Write(text)
		}
		s.template = "template_" + hex.EncodeToString(digest.Sum(nil))[:16]
		return s.makeTemplate(ctx)
	}()
}

func (s *servers) makeTemplate(ctx context.Context) error {
	return withConn(ctx, s.lease.DSN(owner, "postgres"), func(conn *pgx.Conn) error {
		// One process makes it; the others wait here and find it.
		if _, err := conn.Exec(ctx, `select pg_advisory_lock(20261123)`); err != nil {
			return err
		}
		var there bool
		err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, s.template).Scan(&there)
		if err != nil || there {
			return err
		}
		draft := s.template + "_draft"
		for _, statement := range []string{
			fmt.Sprintf(`drop database if exists %q`, draft), fmt.Sprintf(`create database %q`, draft),
		} {
			if _, err := conn.Exec(ctx, statement); err != nil {
				return err
			}
		}
		err = withConn(ctx, s.lease.DSN(owner, draft), func(c *pgx.Conn) error {
			if _, err := migrations.Up(ctx, c); err != nil {
				return err
			}
			inner, outer := s.key.Pads()
			return migrations.InstallSealKey(ctx, c, migrations.SealKey{ID: s.key.ID(), Inner: inner, Outer: outer})
		})
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, fmt.Sprintf(`alter database %q rename to %q`, draft, s.template))
		return err
	})
}

func withConn(ctx context.Context, dsn string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}
