package vapifake

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/provider/fake"
)

// Config is what a Fake needs. Key is required.
type Config struct {
	Key  string // the private key that requests must bear
	Addr string // where to listen; empty: any free port
	Now  func() time.Time
	// Owns reports whether this key opens this Twilio account and the account
	// has the number, as Vapi asks of Twilio; nil: it does.
	Owns func(account, key, secret, number string) bool
}

// Fake is a Vapi. Make it with Start; it is safe for concurrent use.
type Fake struct {
	*fake.Server
	Faults *fake.Faults
	config Config

	mu         sync.Mutex
	assistants map[string]map[string]any
	numbers    map[string]map[string]any
	calls      map[string]map[string]any
	places     map[string]map[string]string // of recordings, by call and kind
	last       time.Time
}

// Start makes a Fake and lets it listen. Close ends it.
func Start(ctx context.Context, c Config) (*Fake, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Owns == nil {
		c.Owns = func(_, _, _, _ string) bool { return true }
	}
	f := &Fake{
		Faults: &fake.Faults{}, config: c,
		assistants: map[string]map[string]any{}, numbers: map[string]map[string]any{}, calls: map[string]map[string]any{},
		places: map[string]map[string]string{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /assistant", f.createAssistant)
	mux.HandleFunc("GET /assistant", f.list(f.assistants))
	mux.HandleFunc("GET /assistant/{id}", f.get(f.assistants))
	mux.HandleFunc("PATCH /assistant/{id}", f.updateAssistant)
	mux.HandleFunc("DELETE /assistant/{id}", f.remove(f.assistants))
	mux.HandleFunc("POST /phone-number", f.importNumber)
	mux.HandleFunc("GET /phone-number", f.list(f.numbers))
	mux.HandleFunc("GET /phone-number/{id}", f.get(f.numbers))
	mux.HandleFunc("DELETE /phone-number/{id}", f.remove(f.numbers))
	mux.HandleFunc("GET /call", f.list(f.calls))
	mux.HandleFunc("GET /call/{id}", f.get(f.calls))
	mux.HandleFunc("DELETE /call/{id}", f.remove(f.calls))
	mux.HandleFunc("GET /call/{id}/{artifact}", f.recording)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "Cannot "+r.Method+" "+r.URL.Path)
	})
	var err error
	f.Server, err = fake.Listen(ctx, c.Addr, f.Faults, f.authenticated(mux))
	return f, err
}

func (f *Fake) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(key), []byte(f.config.Key)) != 1 {
			refuse(w, http.StatusUnauthorized, "Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.")
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// moment is now in whole milliseconds, and never the same twice.
func (f *Fake) moment() time.Time {
	now := f.config.Now().UTC().Truncate(time.Millisecond)
	if !now.After(f.last) {
		now = f.last.Add(time.Millisecond)
	}
	f.last = now
	return now
}

// create keeps a new row and answers with it.
func (f *Fake) create(w http.ResponseWriter, rows map[string]map[string]any, row map[string]any) {
	now := f.moment().Format(layout)
	row["id"], row["createdAt"], row["updatedAt"] = uuid.NewString(), now, now
	rows[row["id"].(string)] = row //nolint:errcheck // it was set above
	answer(w, http.StatusCreated, row)
}

func (f *Fake) get(rows map[string]map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if row, ok := find(w, r, rows); ok {
			answer(w, http.StatusOK, row)
		}
	}
}

func (f *Fake) remove(rows map[string]map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if row, ok := find(w, r, rows); ok {
			delete(rows, r.PathValue("id"))
			answer(w, http.StatusOK, row)
		}
	}
}

// find is the row that the path names; what is no UUID is refused before it is
// looked for.
func find(w http.ResponseWriter, r *http.Request, rows map[string]map[string]any) (map[string]any, bool) {
	id := r.PathValue("id")
	if _, err := uuid.Parse(id); err != nil {
		refuse(w, http.StatusBadRequest, "id must be a UUID")
		return nil, false
	}
	row, ok := rows[id]
	if !ok {
		refuse(w, http.StatusNotFound, "Couldn't Get It. Does Not Exist.")
	}
	return row, ok
}

// Assistants are those that exist, oldest first, as Vapi would give them.
func (f *Fake) Assistants() []map[string]any { return f.all(f.assistants) }

// Numbers are those that exist, oldest first.
func (f *Fake) Numbers() []map[string]any { return f.all(f.numbers) }

func (f *Fake) all(rows map[string]map[string]any) []map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(rows), oldest)
}

func oldest(a, b map[string]any) int {
	return strings.Compare(text(a, "createdAt"), text(b, "createdAt"))
}

func text(row map[string]any, field string) string {
	s, _ := row[field].(string)
	return s
}

const layout = "2006-01-02T15:04:05.000Z"

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away is not our fault
}

// refuse answers as Vapi does. Of a body that is wrong it lists what is.
func refuse(w http.ResponseWriter, status int, messages ...string) {
	var message any = messages
	if len(messages) == 1 && status != http.StatusBadRequest {
		message = messages[0]
	}
	answer(w, status, map[string]any{"message": message, "error": http.StatusText(status), "statusCode": status})
}
