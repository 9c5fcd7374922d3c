package local

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain lets the test binary play a program that is killed: as
// "binary child <role> <dir>" it starts servers, says so, and waits.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "child" {
		if err := child(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stdout, "error", err)
		}
		return
	}
	m.Run()
}

// child prints one line, its fields divided by tabs, and waits for its end.
func child(role, dir string) error {
	ctx := context.Background()
	switch role {
	case "servers":
		p, err := StartPostgres(ctx, PostgresConfig{Dir: dir, Ephemeral: true})
		if err != nil {
			return err
		}
		r, err := StartRedis(ctx, RedisConfig{Dir: dir})
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stdout, "%s\t%s\n", p.DSN(superuser, superuser), r.URL())
	case "share":
		l, err := Share(ctx, ShareConfig{Dir: dir, Idle: time.Second})
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stdout, "%s\t%s\n", l.DSN(superuser, superuser), l.RedisURL())
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// spawn starts a child and returns what it printed and how to kill it.
func spawn(t *testing.T, role, dir string) (fields []string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "child", role, dir)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // SIGKILL: nothing of the child runs any more
		_ = cmd.Wait()
		_ = in.Close()
	})
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	if message, failed := strings.CutPrefix(line, "error "); failed {
		t.Fatalf("child %s: %s", role, message)
	}
	return strings.Split(strings.TrimSpace(line), "\t"), kill
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually fails the test unless ok holds within half a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// query runs one statement that returns one text.
func query(t *testing.T, dsn, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var text string
	must(t, conn.QueryRow(t.Context(), sql).Scan(&text))
	return text
}

// mentioning lists the living processes that were started with dir, or with the
// socket of one of the addresses, among their arguments; a zombie has none.
func mentioning(t *testing.T, dir string, addresses ...string) []int {
	t.Helper()
	texts := []string{dir}
	for _, address := range addresses {
		u, err := url.Parse(address)
		must(t, err)
		texts = append(texts, cmp.Or(u.Query().Get("host"), u.Path))
	}
	entries, err := os.ReadDir("/proc")
	must(t, err)
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		line, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err == nil && slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(line, []byte(text)) }) {
			pids = append(pids, pid)
		}
	}
	return pids
}
