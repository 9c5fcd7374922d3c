package server

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// exchange is what the log, the metrics and the answers say of one request.
// The request's own goroutine alone writes it.
type exchange struct {
	id      string
	traceID string
	route   string // the pattern, never the path, which may hold a key
	kind    policy.Kind
	orgs    int    // candidates
	reason  string // why it was refused, in a stable word
	probe   bool   // a load balancer's or a collector's, which come every second
}

type exchangeKey struct{}

// exchangeOf is the exchange of ctx, or an empty one that nobody reads.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// identify gives each request an id of our own making. A client's is not taken:
// records are found by it, and a stranger could make theirs look like another's.
// What a caller wants to follow it names in traceparent.
func identify(newID func() uuid.UUID) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x := &exchange{id: newID().String(), route: "unknown"}
			w.Header().Set("X-Request-Id", x.id)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
		})
	}
}

// recorder remembers what was answered. http.ResponseController and the
// WebSocket upgrade reach the real writer through Unwrap.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 || w.status < http.StatusOK && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
