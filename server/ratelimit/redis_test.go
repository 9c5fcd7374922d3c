package ratelimit

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// server is a real redis-server of one test's own, on a socket that stays the
// same however often the server dies.
type server struct {
	dir string
	cmd *exec.Cmd
}

func startRedis(tb testing.TB) *server {
	tb.Helper()
	dir, err := os.MkdirTemp("", "rl") //nolint:usetesting // a socket's path must be short
	if err != nil {
		tb.Fatal(err)
	}
	s := &server{dir: dir}
	s.start(tb)
	tb.Cleanup(func() {
		s.kill()
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// start returns when the server takes connections.
func (s *server) start(tb testing.TB) {
	tb.Helper()
	s.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket(),
		"--dir", s.dir, "--save", "", "--appendonly", "no", "--daemonize", "no")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		tb.Fatalf("these tests need redis-server on PATH: %v", err)
	}
	var seen strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		seen.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "ready to accept connections") {
			return
		}
	}
	tb.Fatalf("redis-server did not start:\n%s", &seen)
}

// kill ends the server at once, with all that it knew.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// signal stops and continues the server, which is how Redis hangs.
func (s *server) signal(tb testing.TB, sig syscall.Signal) {
	tb.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		tb.Fatal(err)
	}
}

func (s *server) socket() string { return filepath.Join(s.dir, "s") }

func (s *server) client(tb testing.TB) *redis.Client {
	tb.Helper()
	// A machine that is busy with tests is no reason to give up on Redis.
	client, err := NewRedis("unix://" + s.socket() + "?dial_timeout=5s&read_timeout=5s&write_timeout=5s&pool_timeout=5s")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// limiter returns a Limiter on s, as the test's config changes it.
func (s *server) limiter(tb testing.TB, change func(*Config)) *Limiter {
	tb.Helper()
	c := Config{Redis: s.client(tb), Nodes: 1, Log: slog.New(slog.DiscardHandler), Timeout: 5 * time.Second}
	if change != nil {
		change(&c)
	}
	l, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// spend spends and expects an answer of some kind.
func spend(tb testing.TB, l *Limiter, org uuid.UUID, plan Plan, cost int) Result {
	tb.Helper()
	result, err := l.Spend(tb.Context(), Key{OrgID: org}, plan, cost)
	if err != nil {
		tb.Fatal(err)
	}
	return result
}

// eventually polls until done, and fails the test after ten seconds.
func eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			tb.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}
