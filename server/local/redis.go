package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// RedisConfig says what StartRedis starts.
type RedisConfig struct {
	// Dir is made if missing. Nothing of value is kept there.
	Dir string
	// Log receives what the server prints. It may be nil.
	Log io.Writer
}

// Redis is a running private server that keeps nothing. The zero value is not
// usable.
type Redis struct {
	url  string
	kind string
	stop func() error
}

// The servers that StartRedis knows, best first. The last lives in this
// process, is slow at Lua, and is there so that a laptop needs nothing.
const (
	redisServer  = "redis-server"
	valkeyServer = "valkey-server"
	miniRedis    = "miniredis"
)

// StartRedis starts redis-server or valkey-server from PATH, or failing both a
// miniredis in this process, and returns when it answers. ctx bounds the start
// only. The server ends with Stop or with this program.
func StartRedis(ctx context.Context, c RedisConfig) (*Redis, error) {
	r, err := c.start(ctx, exec.LookPath)
	if err != nil {
		return nil, fmt.Errorf("starting Redis: %w", err)
	}
	return r, nil
}

func (c RedisConfig) start(ctx context.Context, lookPath func(string) (string, error)) (*Redis, error) {
	kind, program, err := redisProgram(lookPath)
	if err != nil {
		return nil, err
	}
	if kind == miniRedis {
		return startMiniRedis()
	}
	if c.Dir == "" {
		return nil, errors.New("no directory for its socket")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	held, err := lock(filepath.Join(dir, "redis.lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	me := self()
	config, address, err := configureRedis(dir, me)
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	process, err := launch("Redis", me.command(context.WithoutCancel(ctx), program, config), c.Log, syscall.SIGKILL)
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := process.ready(ctx, address.ping); err != nil {
		return nil, errors.Join(err, process.stop(syscall.SIGKILL), held.Close())
	}
	return &Redis{url: address.url(), kind: kind, stop: sync.OnceValue(func() error {
		err := process.stop(syscall.SIGTERM, syscall.SIGKILL)
		return errors.Join(err, os.RemoveAll(filepath.Dir(config)), held.Close())
	})}, nil
}

// redisProgram looks for a server: its kind and its path, or miniredis and no
// path.
func redisProgram(lookPath func(string) (string, error)) (kind, path string, err error) {
	for _, kind := range []string{redisServer, valkeyServer} {
		path, err := lookPath(kind)
		if err != nil {
			continue
		}
		path, err = filepath.Abs(path)
		return kind, path, err
	}
	return miniRedis, "", nil
}

// configureRedis writes the server's configuration for dir and returns its path
// and the socket of the server to be.
func configureRedis(dir string, a account) (config string, s redisSocket, err error) {
	const name = "redis.sock"
	where, err := socketDir(dir, "redis", name, a)
	if err != nil {
		return "", "", err
	}
	path := filepath.Join(where, name)
	lines := []string{
		"port 0",
		"unixsocket " + strconv.Quote(path),
		"unixsocketperm 700",
		"dir " + strconv.Quote(where),
		`save ""`,
		"appendonly no",
		"daemonize no",
		`logfile ""`,
	}
	config = filepath.Join(where, "redis.conf")
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return "", "", err
	}
	return config, redisSocket(path), a.own(config)
}

// URL is the server's address as go-redis's ParseURL takes it: unix:// for a
// server of its own, redis:// for miniredis.
func (r *Redis) URL() string { return r.url }

// Kind is redis-server, valkey-server or miniredis.
func (r *Redis) Kind() string { return r.kind }

// Stop ends the server and all it holds. Later calls return what the first did.
func (r *Redis) Stop() error { return r.stop() }
