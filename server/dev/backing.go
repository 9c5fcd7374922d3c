package dev

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/demo"
	"github.com/voxanne/cascade/server/local"
)

// The roles and the database of the private server. The superuser is there to
// say who exists, which no role of ours may.
const (
	superuser = "postgres"
	owner     = "cascade_owner"
	app       = "cascade_app"
	database  = "cascade"
)

// backing are the servers that the API stands on.
type backing struct {
	postgres *local.Postgres
	redis    *local.Redis
	log      *os.File
}

func (b *backing) ownerDSN() string { return b.postgres.DSN(owner, database) }
func (b *backing) appDSN() string   { return b.postgres.DSN(app, database) }

// stop ends both, and returns when they are gone.
func (b *backing) stop() error {
	var errs []error
	if b.redis != nil {
		errs = append(errs, b.redis.Stop())
	}
	if b.postgres != nil {
		errs = append(errs, b.postgres.Stop())
	}
	return errors.Join(append(errs, b.log.Close())...)
}

// startBacking starts Postgres and Redis and brings the database to the shape
// that this build wants. A database of another build that was migrated further
// is refused by the migrations.
func (c Config) startBacking(ctx context.Context, dir *directory) (_ *backing, err error) {
	b := &backing{}
	if b.log, err = os.OpenFile(dir.in("postgres.log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("opening a log for Postgres: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.stop())
		}
	}()
	b.postgres, err = local.StartPostgres(ctx, local.PostgresConfig{
		Dir: dir.path, PGBin: c.PGBin, Log: b.log,
		Progress: func(what string) { _, _ = fmt.Fprintln(c.Out, what) },
	})
	if err != nil {
		return nil, err
	}
	if b.redis, err = local.StartRedis(ctx, local.RedisConfig{Dir: dir.path}); err != nil {
		return nil, err
	}
	if c.Fresh {
		if err := b.drop(ctx); err != nil {
			return nil, err
		}
	}
	if err := b.postgres.CreateOwner(ctx, owner, database); err != nil {
		return nil, err
	}
	return b, b.migrate(ctx, dir.seal)
}

// drop throws the database away.
func (b *backing) drop(ctx context.Context) error {
	err := with(ctx, b.postgres.DSN(superuser, superuser), func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "drop database if exists "+database+" with (force)")
		return err
	})
	if err != nil {
		return fmt.Errorf("throwing the database away: %w", err)
	}
	return nil
}

// migrate brings the schema up to date, as the owner, and makes the database
// accept scopes sealed with key.
func (b *backing) migrate(ctx context.Context, key rls.Key) error {
	err := with(ctx, b.ownerDSN(), func(conn *pgx.Conn) error {
		if _, err := migrations.Up(ctx, conn); err != nil {
			return err
		}
		inner, outer := key.Pads()
		return migrations.InstallSealKey(ctx, conn, migrations.SealKey{ID: key.ID(), Inner: inner, Outer: outer})
	})
	if errors.Is(err, migrations.ErrEdited) {
		return fmt.Errorf("%w since this data was made: --fresh starts anew", err)
	}
	return err
}

// seed writes the demo unless it is there. The connections are its own, and are
// gone when it returns.
func (b *backing) seed(ctx context.Context, policies policy.Source, dir *directory, now time.Time) (world *demo.World, err error) {
	config, err := rls.PoolConfig(b.appDSN())
	if err != nil {
		return nil, err
	}
	maps.Copy(config.ConnConfig.RuntimeParams, unhurried)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	defer pool.Close()
	err = with(ctx, b.postgres.DSN(superuser, database), func(conn *pgx.Conn) error {
		world, err = demo.Seed(ctx, demo.Config{
			Super: conn, Driver: rls.New(rls.Config{Pool: pool, Key: dir.seal}), Policies: policies,
			Sealer: dir.secrets, Secret: dir.seal.File(), Now: now,
		})
		return err
	})
	return world, err
}

// unhurried lets the commits of a start wait for no disk. A power cut may undo
// the last of them, never half of one, and the next start does them again. The
// server's own commits are as durable as in production.
var unhurried = map[string]string{"synchronous_commit": "off"}

// with does something on a connection of its own.
func with(ctx context.Context, dsn string, do func(*pgx.Conn) error) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("reading the address of the private Postgres: %w", err)
	}
	maps.Copy(config.RuntimeParams, unhurried)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connecting to the private Postgres: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}
