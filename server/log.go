package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/transport"
)

// NewLog makes the log: one JSON object a line. Lines that are written for a
// request carry its ids.
func NewLog(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(withIDs{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

// LogLibraries sends what libraries would print to the log. It sets what they
// hold for the whole process, so a program calls it once, before it serves.
func LogLibraries(log *slog.Logger) {
	redis.SetLogger(redisLog{log})
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", "error", err) }))
}

type redisLog struct{ log *slog.Logger }

// Printf implements the logger of go-redis.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.WarnContext(ctx, "redis", "error", fmt.Sprintf(format, args...))
}

// withIDs adds the ids of the request to every line that belongs to one.
type withIDs struct{ slog.Handler }

// Handle implements slog.Handler.
func (h withIDs) Handle(ctx context.Context, r slog.Record) error {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		r.AddAttrs(slog.String("request_id", x.id))
		if x.traceID != "" {
			r.AddAttrs(slog.String("trace_id", x.traceID))
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h withIDs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withIDs{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h withIDs) WithGroup(name string) slog.Handler { return withIDs{h.Handler.WithGroup(name)} }

// observe writes one line for each request and counts it. The line holds no
// path, no query string, no header and no body: any of them may hold a secret
// or speak of a patient.
func observe(log *slog.Logger, m *metrics, now func() time.Time) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := now()
			x := exchangeOf(r.Context())
			rec := &recorder{ResponseWriter: w}
			m.inFlight.Inc()
			defer func() {
				m.inFlight.Dec()
				took := now().Sub(start)
				status := rec.status
				if status == 0 {
					status = http.StatusOK // also what an upgraded connection leaves
				}
				m.observe(r.Method, x, status, took)
				level := slog.LevelInfo
				switch {
				case x.probe:
					level = slog.LevelDebug
				case status >= http.StatusInternalServerError:
					level = slog.LevelError
				}
				attrs := []slog.Attr{
					slog.String("method", methodWord(r.Method)), slog.String("route", x.route), slog.Int("status", status),
					slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.Int64("bytes", rec.bytes),
				}
				if x.kind != "" {
					attrs = append(attrs, slog.String("subject_kind", string(x.kind)), slog.Int("orgs", x.orgs))
				}
				if x.reason != "" {
					attrs = append(attrs, slog.String("reason", x.reason))
				}
				log.LogAttrs(r.Context(), level, "request", attrs...)
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// recoverPanic turns a panic into a 500 and keeps its text for the log. One
// that comes after the answer began can only end the connection.
func recoverPanic(log *slog.Logger) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if cause == http.ErrAbortHandler { //nolint:errorlint // the very value that net/http asks for
					panic(cause)
				}
				log.ErrorContext(r.Context(), "panic in a handler", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
				if rec, ok := w.(*recorder); ok && rec.status != 0 {
					panic(http.ErrAbortHandler)
				}
				writeProblem(w, r, transport.Problem{
					Status: http.StatusInternalServerError, Code: string(fault.Internal),
					Detail: "Something went wrong here. It has been noted; tell us the requestId.",
				})
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// methodWord keeps what a client invents out of logs and metrics.
func methodWord(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "OTHER"
	}
}
