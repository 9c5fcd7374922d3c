package server

import "net/http"

// available passes requests on while Postgres answers, and refuses them at
// once while it does not.
func (h *health) available(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.database() != nil {
			unavailableNow("database_unavailable").write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// live says that the process answers, which is all that a restart could mend.
func (*health) live(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, "application/json", http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether requests should be sent here, and which part is missing.
// A Redis that is gone is no reason to turn away: limits hold without it.
func (h *health) ready(w http.ResponseWriter, _ *http.Request) {
	status, word := http.StatusOK, "ready"
	parts := map[string]string{"limits": "ok"}
	if h.limits() {
		parts["limits"] = "degraded"
	}
	h.mu.Lock()
	for name, err := range h.parts {
		parts[name] = "ok"
		if err != nil {
			parts[name] = "down"
			status, word = http.StatusServiceUnavailable, "unready"
		}
	}
	h.mu.Unlock()
	if h.draining.Load() {
		status, word = http.StatusServiceUnavailable, "draining"
	}
	writeJSON(w, "application/json", status, map[string]any{"status": word, "parts": parts})
}
