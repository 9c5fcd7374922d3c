package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// settle deals with what a killed predecessor left at data. Its Postgres may
// still be shutting down: that is waited for. Its lock files may name a process
// id that belongs to someone else by now, which Postgres would take for a
// running server: those go. All else Postgres judges by itself. The caller
// holds the lock on data.
func settle(ctx context.Context, data, socketDir string) error {
	pidFile := filepath.Join(data, "postmaster.pid")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for told := false; ; {
		pid, err := readPID(pidFile)
		if err != nil || pid == 0 {
			return err
		}
		line, err := commandLine(ctx, pid)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("looking at process %d, which %s names: %w", pid, pidFile, err)
		}
		if !strings.Contains(line, socketDir) {
			return forget(pidFile, filepath.Join(socketDir, socketName+".lock"))
		}
		if !told {
			// The kernel has done so already, where it can.
			told = true
			if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("stopping process %d, which a killed program left: %w", pid, err)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for process %d, which a killed program left, to end: %w", pid, ctx.Err())
		case <-tick.C:
		}
	}
}

// readPID reads the first line of a pid file: 0 where there is none, or no more
// than its beginning.
func readPID(path string) (int, error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the caller's own directory.
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading a pid file: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid <= 1 {
		return 0, nil //nolint:nilerr // A half-written file names no process.
	}
	return pid, nil
}

// forget removes files that may be gone already.
func forget(paths ...string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a stale lock: %w", err)
		}
	}
	return nil
}
