package local

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"time"
)

// startLimit is how long a start may take once the programs are there. Recovery
// after a crash is in it.
const startLimit = 90 * time.Second

// start does the work of StartPostgres for dir, whose lock is held.
func (c PostgresConfig) start(ctx context.Context, dir string) (*Postgres, error) {
	install, err := c.install(ctx, dir)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return c.serve(ctx, install, dir)
}

// install finds an installation for the data of dir.
func (c PostgresConfig) install(ctx context.Context, dir string) (installation, error) {
	finder, err := newFinder(c, dataIn(dir))
	if err != nil {
		return installation{}, err
	}
	return finder.find(ctx)
}

// serve has install serve the data of dir, which it makes if missing.
func (c PostgresConfig) serve(ctx context.Context, install installation, dir string) (*Postgres, error) {
	data := dataIn(dir)
	if err := c.initialise(ctx, install, data); err != nil {
		return nil, err
	}
	where, err := socketDir(dir, "postgres", socketName+".lock", install.account)
	if err != nil {
		return nil, err
	}
	if err := settle(ctx, data, where); err != nil {
		return nil, err
	}
	// The server lives longer than ctx.
	cmd := install.account.command(context.WithoutCancel(ctx), filepath.Join(install.dir, "postgres"))
	path, done, err := install.account.lend(cmd, data)
	if err != nil {
		return nil, err
	}
	defer done()
	cmd.Args = append(cmd.Args, append([]string{"-D", path}, flags(c.settings(where))...)...)
	process, err := launch("Postgres", cmd, c.Log, syscall.SIGINT)
	if err != nil {
		return nil, err
	}
	s := socket(where)
	if err := process.ready(ctx, func(ctx context.Context) error { return s.pingIn(ctx, data) }); err != nil {
		return nil, errors.Join(err, process.stop(syscall.SIGQUIT, syscall.SIGKILL))
	}
	return &Postgres{process: process, socket: s, version: install.version}, nil
}

// initialise sees that there is data and that the account can open it.
func (c PostgresConfig) initialise(ctx context.Context, install installation, data string) error {
	if major, err := dataVersion(data); err == nil && major == 0 && c.Progress != nil {
		c.Progress("making a fresh database with Postgres " + install.version)
	}
	if err := install.initialise(ctx, data); err != nil {
		return err
	}
	return install.account.own(data)
}
