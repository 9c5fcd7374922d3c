package local

import (
	"context"
	_ "embed" // for watchdog.sh
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

//go:embed watchdog.sh
var watchdog string

// startPair starts both servers under a watchdog, below home.
func (c ShareConfig) startPair(ctx context.Context, home, flock string) (_ pair, err error) {
	dir, err := os.MkdirTemp(home, "pair-")
	if err != nil {
		return pair{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	pg := c.postgres(dir)
	install, err := pg.install(ctx, dir)
	if err != nil {
		return pair{}, err
	}
	if err := pg.initialise(ctx, install, dataIn(dir)); err != nil {
		return pair{}, err
	}
	run, err := socketDir(dir, "postgres", socketName+".lock", install.account)
	if err != nil {
		return pair{}, err
	}
	p := pair{Postgres: socket(run), Version: install.version}
	kind, program, err := redisProgram(exec.LookPath)
	if err != nil {
		return pair{}, err
	}
	config := ""
	if kind != miniRedis {
		if config, p.Redis, err = configureRedis(dir, install.account); err != nil {
			return pair{}, err
		}
	}
	cmd := install.account.command(context.WithoutCancel(ctx), "/bin/sh", "-c", watchdog, "cascade-test-servers",
		c.idle(), flock, program, config, dir, run, filepath.Join(install.dir, "postgres"))
	dog, err := unleash(cmd, install.account, home, dir, flags(pg.settings(run)))
	if err != nil {
		return pair{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	err = dog.ready(ctx, func(ctx context.Context) error {
		return errors.Join(p.Postgres.pingIn(ctx, dataIn(dir)), p.Redis.ping(ctx))
	})
	if err != nil {
		return pair{}, errors.Join(err, dog.stop(syscall.SIGTERM, syscall.SIGKILL))
	}
	text, err := json.Marshal(p)
	if err != nil {
		return pair{}, err
	}
	path := filepath.Join(dir, "pair.json")
	return p, errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path))
}

// unleash starts the watchdog in a session of its own. It inherits the two
// locks, the data where that must be lent, and nothing of a test's: `go test`
// would wait for whoever holds its output.
func unleash(cmd *exec.Cmd, a account, home, dir string, settings []string) (*process, error) {
	if err := a.own(dir); err != nil {
		return nil, err
	}
	lease, err := os.OpenFile(filepath.Join(home, "lease"), os.O_RDWR, 0) //nolint:gosec // G304: our own directory.
	if err != nil {
		return nil, fmt.Errorf("opening the lease: %w", err)
	}
	defer func() { _ = lease.Close() }()
	held, err := lock(filepath.Join(dir, "alive"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	alive := os.NewFile(uintptr(held), "alive")
	defer func() { _ = alive.Close() }()
	log, err := os.Create(filepath.Join(dir, "log")) //nolint:gosec // G304: our own directory.
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	defer func() { _ = log.Close() }()

	cmd.ExtraFiles = []*os.File{lease, alive}
	path, done, err := a.lend(cmd, dataIn(dir))
	if err != nil {
		return nil, err
	}
	defer done()
	cmd.Args = append(cmd.Args, append([]string{"-D", path}, settings...)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr.Setsid = true
	p := &process{name: "the watchdog of the test servers", cmd: cmd, done: make(chan struct{}), said: func() string {
		text, _ := os.ReadFile(log.Name())
		return string(text[max(0, len(text)-tailSize):])
	}}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.name, err)
	}
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
	}()
	return p, nil
}
