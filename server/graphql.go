package server

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// answerTime bounds a request that is no stream, so that nothing waits for
// ever for a database that stopped answering without closing the connection.
const answerTime = 20 * time.Second

// authenticated lets requests in through the gate. A WebSocket without a
// credential in its headers is let through to prove itself in connection_init,
// which is all that a browser can do.
func (g *gate) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isUpgrade(r) && r.Header.Get("Authorization") == "" && r.Header.Get("X-Api-Key") == "" {
			next.ServeHTTP(w, r)
			return
		}
		ctx, _, refused := g.admit(r.Context(), r)
		if refused != nil {
			refused.write(w, r)
			return
		}
		if !isStream(r) {
			ctx = context.WithValue(ctx, headerKey{}, w.Header())
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// bounded ends streams when the server drains, and bounds everything else.
func (a *App) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isStream(r) {
			ctx, cancel := context.WithTimeout(r.Context(), answerTime)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		a.streams.Add(1)
		defer a.streams.Done()
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(a.draining, cancel)()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// crossOrigin answers what a browser asks before it lets a page of another
// origin send credentials (the CORS protocol of the Fetch standard). Only the
// dashboards' origins get a yes.
func crossOrigin(origins []string) middleware {
	allowed := make(map[string]bool, len(origins))
	for _, origin := range origins {
		allowed[origin] = true
	}
	return func(next http.Handler) http.Handler {
		if len(allowed) == 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Add("Vary", "Origin")
			origin := r.Header.Get("Origin")
			if !allowed[strings.ToLower(origin)] {
				next.ServeHTTP(w, r)
				return
			}
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "X-Request-Id, RateLimit-Policy, RateLimit, Retry-After")
			if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
				next.ServeHTTP(w, r)
				return
			}
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers",
				"Authorization, Content-Type, X-API-Key, X-Cascade-Org, Idempotency-Key, Traceparent, Tracestate")
			h.Set("Access-Control-Max-Age", "7200")
			w.WriteHeader(http.StatusNoContent)
		})
	}
}

// isUpgrade reports whether r asks to become a WebSocket.
func isUpgrade(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

// isStream reports whether r's answer may take as long as its client stays.
func isStream(r *http.Request) bool {
	return isUpgrade(r) || strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// forBrowsers sends browsers that look for a page to the console.
func forBrowsers(console http.Handler, wants func(*http.Request) bool) middleware {
	return func(next http.Handler) http.Handler {
		if console == nil {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wants(r) {
				console.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
