package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ShareConfig says what Share shares. The zero value is good.
type ShareConfig struct {
	// Dir is where the servers live. Empty: cascade-test-<uid> in the system's
	// temporary directory.
	Dir string
	// Postgres is how to find and set Postgres. Its Dir and Log are not used,
	// and it is always Ephemeral.
	Postgres PostgresConfig
	// Idle is how long the servers outlive their last user, in whole seconds.
	// Zero: a minute, so that the next `go test` finds them warm.
	Idle time.Duration
}

// Share gives this process its share in the one ephemeral Postgres and Redis
// of all test processes of this user, on this machine, with this config. The
// first process starts them and the others join; every test makes a database
// of its own, uses keys of its own, and never clears the whole.
//
// The servers belong to a watchdog in a session of its own, so that no process
// of a test run takes them along when it ends. It stops them when nobody has
// had a share for c.Idle. A share lasts until Close or the end of the process,
// and needs no Close. Servers that do not answer are replaced, and what a
// killed watchdog left is cleared away.
//
// Two things are not shared: miniredis, where no Redis is installed, lives in
// each process; and where the program flock is missing each process has servers
// of its own, which end with it.
func Share(ctx context.Context, c ShareConfig) (*Lease, error) {
	flock, err := exec.LookPath("flock")
	if err != nil {
		return c.private(ctx)
	}
	lease, err := c.join(ctx, flock)
	if err != nil {
		return nil, fmt.Errorf("sharing test servers: %w", err)
	}
	return lease, nil
}

// join finds the servers or starts them. Order matters. The share comes first:
// the watchdog ends only while it alone holds the lease, so what is found under
// a share stays. Then one process at a time looks, and starts what is missing.
func (c ShareConfig) join(ctx context.Context, flock string) (_ *Lease, err error) {
	dir, err := c.home()
	if err != nil {
		return nil, err
	}
	share, err := await(ctx, filepath.Join(dir, "lease"), syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, share.Close())
		}
	}()
	turn, err := await(ctx, filepath.Join(dir, "turn"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, turn.Close()) }()

	p, err := running(ctx, dir)
	if errors.Is(err, errNone) {
		p, err = c.startPair(ctx, dir, flock)
	}
	if err != nil {
		return nil, err
	}
	if p.Redis != "" {
		return &Lease{pair: p, redis: p.Redis.url(), release: sync.OnceValue(share.Close)}, nil
	}
	r, err := startMiniRedis()
	if err != nil {
		return nil, err
	}
	return &Lease{pair: p, redis: r.URL(), release: sync.OnceValue(func() error {
		return errors.Join(r.Stop(), share.Close())
	})}, nil
}

// home makes the directory of servers with this config: other settings, other
// servers.
func (c ShareConfig) home() (string, error) {
	base := c.Dir
	if base == "" {
		base = filepath.Join(os.TempDir(), "cascade-test-"+strconv.Itoa(os.Geteuid()))
	}
	base, err := filepath.Abs(base)
	if err != nil {
		return "", err
	}
	all := append([]string{watchdog, c.Postgres.PGBin, c.idle()}, flags(c.postgres("").settings(""))...)
	sum := sha256.Sum256([]byte(strings.Join(all, "\x00")))
	dir := filepath.Join(base, hex.EncodeToString(sum[:4]))
	// Others may pass through, not look: Postgres may run as one of them.
	return dir, errors.Join(privateDir(base, 0o711, os.Geteuid()), privateDir(dir, 0o711, os.Geteuid()))
}

// postgres is the config of the shared server in dir.
func (c ShareConfig) postgres(dir string) PostgresConfig {
	p := c.Postgres
	p.Dir, p.Log, p.Ephemeral = dir, nil, true
	return p
}

// idle is the number of seconds after which an unused pair ends.
func (c ShareConfig) idle() string {
	if c.Idle <= 0 {
		return "60"
	}
	return strconv.Itoa(max(1, int(c.Idle.Seconds())))
}

// private starts servers for this process alone.
func (c ShareConfig) private(ctx context.Context) (*Lease, error) {
	dir, err := os.MkdirTemp("", "cascade-test-")
	if err != nil {
		return nil, fmt.Errorf("making room for test servers: %w", err)
	}
	p, err := StartPostgres(ctx, c.postgres(dir))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	r, err := StartRedis(ctx, RedisConfig{Dir: dir})
	if err != nil {
		return nil, errors.Join(err, p.Stop(), os.RemoveAll(dir))
	}
	return &Lease{
		pair:    pair{Postgres: p.socket, Version: p.Version()},
		redis:   r.URL(),
		release: sync.OnceValue(func() error { return errors.Join(p.Stop(), r.Stop(), os.RemoveAll(dir)) }),
	}, nil
}
