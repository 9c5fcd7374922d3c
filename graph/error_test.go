package graph_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/graph"
)

// Postgres quotes what it could not read. Neither the answer nor the log does.
func TestARowsValuesReachNeitherAnswerNorLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	present := graph.Presenter(slog.New(slog.NewJSONHandler(&log, nil)))
	shown := present(t.Context(), fmt.Errorf("reading calls: %w", &pgconn.PgError{
		Code: "22P02", Message: `invalid input syntax: "canary-diagnosis"`, Detail: "canary-detail", TableName: "call_logs",
	}))
	if shown.Extensions["code"] != "INTERNAL" || strings.Contains(shown.Message+log.String(), "canary") {
		t.Errorf("shown %q, logged %s", shown.Message, &log)
	}
	if !strings.Contains(log.String(), "22P02 call_logs") {
		t.Errorf("the log does not say what and where: %s", &log)
	}
}

// A database that goes away in the middle of a statement is not a fault of ours
// that needs noting: it is there again in a moment.
func TestALostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	present := graph.Presenter(slog.New(slog.DiscardHandler))
	for name, err := range map[string]error{
		"cut in an answer":         errors.Join(fmt.Errorf("setting the scope: %w", io.ErrUnexpectedEOF), io.ErrUnexpectedEOF),
		"cut between answers":      fmt.Errorf("reading: %w", io.EOF),
		"closed before the next":   fmt.Errorf("reading: %w", pgconn.ErrConnClosed),
		"reset":                    &net.OpError{Op: "read", Err: errors.New("connection reset by peer")},
		"an administrator's order": &pgconn.PgError{Code: "57P01"},
		"a full disk":              &pgconn.PgError{Code: "53100"},
	} {
		if got := present(t.Context(), err).Extensions["code"]; got != "UNAVAILABLE" {
			t.Errorf("%s: %v", name, got)
		}
	}
}
