package local

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// pair says where the shared servers listen. It is written beside them once
// they answer.
type pair struct {
	Postgres socket `json:"postgres"`
	// Redis is empty where only miniredis is to be had.
	Redis   redisSocket `json:"redis,omitempty"`
	Version string      `json:"version"`
}

// errNone says that no shared pair runs.
var errNone = errors.New("no servers run")

// answers is nil if both servers do.
func (p pair) answers(ctx context.Context) error {
	return errors.Join(p.Postgres.ping(ctx), p.Redis.ping(ctx))
}

// running returns the pair below home that has a living watchdog and answers,
// or errNone, and clears away those whose watchdog is gone.
func running(ctx context.Context, home string) (pair, error) {
	found, err := filepath.Glob(filepath.Join(home, "pair-*"))
	if err != nil {
		return pair{}, err
	}
	for _, dir := range found {
		var p pair
		text, err := os.ReadFile(filepath.Join(dir, "pair.json")) //nolint:gosec // G304: our own directory.
		if err == nil {
			err = json.Unmarshal(text, &p)
		}
		alive, dead := lock(filepath.Join(dir, "alive"), syscall.LOCK_EX)
		if dead == nil {
			if err := errors.Join(clearAway(ctx, dir, p), alive.Close()); err != nil {
				return pair{}, err
			}
			continue
		}
		if err != nil {
			continue // its starter was killed; it will end by itself
		}
		soon, cancel := context.WithTimeout(ctx, 5*time.Second)
		err = p.answers(soon)
		cancel()
		if err == nil {
			return p, nil
		}
	}
	return pair{}, errNone
}

// clearAway ends the servers that a killed watchdog left and removes their dir.
func clearAway(ctx context.Context, dir string, p pair) error {
	if p.Redis != "" {
		// It hangs up when it obeys, and does not answer when it is gone.
		_, _ = p.Redis.ask(ctx, "SHUTDOWN NOSAVE")
		if err := os.RemoveAll(filepath.Dir(string(p.Redis))); err != nil {
			return err
		}
	}
	if p.Postgres != "" {
		if err := settle(ctx, dataIn(dir), string(p.Postgres)); err != nil {
			return err
		}
		if err := os.RemoveAll(string(p.Postgres)); err != nil {
			return err
		}
	}
	return os.RemoveAll(dir)
}
