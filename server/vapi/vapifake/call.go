package vapifake

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Calls are made by nobody here: whoever plays a day puts them in.

// PutCall keeps a call with an id, or a new one, and moves its updatedAt to now
// unless the call has one. It returns the id. Under "recordings" stands where
// each kind of recording lies, which is not part of a call.
func (f *Fake) PutCall(call map[string]any) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	call = maps.Clone(call)
	id := text(call, "id")
	if id == "" {
		id = uuid.NewString()
		call["id"] = id
	}
	now := f.moment().Format(layout)
	if places, ok := call["recordings"].(map[string]string); ok {
		f.places[id] = places
		delete(call, "recordings")
	}
	for _, field := range []string{"createdAt", "updatedAt"} {
		if at, ok := call[field].(time.Time); ok {
			call[field] = at.UTC().Format(layout)
		} else if text(call, field) == "" {
			call[field] = now
		}
	}
	f.calls[id] = call
	return id
}

// recording leads to where a recording lies: 302, as Vapi does.
func (f *Fake) recording(w http.ResponseWriter, r *http.Request) {
	if _, ok := find(w, r, f.calls); !ok {
		return
	}
	kind, ok := strings.CutSuffix(r.PathValue("artifact"), "-recording")
	place := f.places[r.PathValue("id")][kind]
	if !ok || place == "" {
		refuse(w, http.StatusNotFound, "Couldn't Get Recording. Does Not Exist.")
		return
	}
	w.Header().Set("Location", place)
	w.WriteHeader(http.StatusFound)
}
