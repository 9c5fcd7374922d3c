package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// socket is the directory of a Postgres's Unix socket.
type socket string

func (s socket) dsn(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database}
	u.RawQuery = url.Values{"host": {string(s)}, "port": {port}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

// ping asks the server the shortest of questions.
func (s socket) ping(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.dsn(superuser, superuser))
	if err != nil {
		return fmt.Errorf("asking Postgres whether it is ready: %w", err)
	}
	return conn.Close(ctx)
}

// pingIn is ping for a server that is starting on data: it does not knock before
// the server says that it is ready, lest the log fill with refusals.
func (s socket) pingIn(ctx context.Context, data string) error {
	lines, err := os.ReadFile(filepath.Join(data, "postmaster.pid")) //nolint:gosec // G304: the caller's own directory.
	if err != nil {
		return fmt.Errorf("asking Postgres whether it is ready: %w", err)
	}
	if status := strings.Split(string(lines), "\n"); len(status) < 8 || !strings.HasPrefix(status[7], "ready") {
		return errors.New("the server says that it is not ready")
	}
	return s.ping(ctx)
}

// redisSocket is the path of a Redis's Unix socket.
type redisSocket string

func (s redisSocket) url() string {
	u := url.URL{Scheme: "unix", Path: string(s)}
	return u.String()
}

// ping asks the server whether it is there. The empty socket needs no asking.
func (s redisSocket) ping(ctx context.Context) error {
	if s == "" {
		return nil
	}
	reply, err := s.ask(ctx, "PING")
	if err == nil && reply != "+PONG\r\n" {
		err = fmt.Errorf("it answers %q", reply)
	}
	if err != nil {
		return fmt.Errorf("asking Redis whether it is ready: %w", err)
	}
	return nil
}

// ask sends one inline command and returns the first line of the reply. Two
// words of the protocol need no client, whose pool would retry and complain.
func (s redisSocket) ask(ctx context.Context, command string) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", string(s))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}
