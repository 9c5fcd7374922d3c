package graph_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// statements notes what the driver sends while a test looks.
type statements struct {
	noop.Tracer
	mu   sync.Mutex
	sent []string
}

// Start implements trace.Tracer: the driver opens a span for each statement.
func (s *statements) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	config := trace.NewSpanStartConfig(opts...)
	for _, a := range config.Attributes() {
		if string(a.Key) == "db.query.text" {
			s.mu.Lock()
			s.sent = append(s.sent, a.Value.AsString())
			s.mu.Unlock()
		}
	}
	return s.Tracer.Start(ctx, name, opts...)
}

// during returns the statements sent while do runs.
func (s *statements) during(do func()) []string {
	s.mu.Lock()
	s.sent = nil
	s.mu.Unlock()
	do()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// super is one connection past every wall, for scenes of many statements.
type super struct {
	*pgx.Conn
	t *testing.T
}

func (a *api) super(t *testing.T) super {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return super{conn, t}
}

func (s super) do(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatalf("%s: %v", strings.TrimSpace(sql), err)
	}
}
