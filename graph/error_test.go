package graph_test

import (
	"bytes"
	"fmt"
	"log/slog"
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
