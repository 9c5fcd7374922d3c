package recording_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/recording"
	"github.com/voxanne/cascade/server/recording/fetch"
)

// stage is the pipeline on a database of its own, with the shipped policy, a
// provider that is a real server, and a directory for a store. Its eye looks
// past every wall.
type stage struct {
	*dbtest.DB
	config   recording.Config
	workers  *recording.Workers
	provider *provider
	dir      string
	s3       *simple // instead of dir, where it is
	eye      *pgxpool.Pool
	log      *logBuffer

	mu   sync.Mutex
	seen []recording.Observation
}

func newStage(t testing.TB) *stage {
	t.Helper()
	return newStageWith(t, rego.Files)
}

func newStageWith(t testing.TB, policies fs.FS) *stage {
	t.Helper()
	db := dbtest.Open(t)
	pool := db.Pool(t, 12)
	s := &stage{DB: db, provider: newProvider(t), dir: filepath.Join(t.TempDir(), "store"), log: &logBuffer{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", s.log)
		}
	})
	engine, err := opa.New(t.Context(), policies, opa.Config{Budget: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if s.eye, err = pgxpool.New(t.Context(), db.SuperDSN); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.eye.Close)
	records := audit.NewWriter(pool, db.Key, uuid.New())
	t.Cleanup(records.Close)
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	bucket, err := recording.OpenBucket(t.Context(), recording.DirectoryURL(s.dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bucket.Close() })
	s.config = recording.Config{
		Policies: engine, Driver: rls.New(rls.Config{Pool: pool, Key: db.Key}), Records: records, Store: bucket,
		Log: slog.New(slog.NewJSONHandler(s.log, nil)), Now: time.Now,
		NewID:    func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
		Locators: s.provider.locators, Fetcher: s.provider.fetcher(fetch.Config{}),
		Jitter: func() float64 { return 0.5 }, Worker: "test", Observe: s.observe,
	}
	s.open()
	return s
}

// open works with the stage's configuration as it is now.
func (s *stage) open() { s.workers = recording.NewWorkers(s.config) }

func (s *stage) observe(o recording.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, o)
}

// last is how the latest try ended.
func (s *stage) last() recording.Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 {
		return recording.Observation{}
	}
	return s.seen[len(s.seen)-1]
}

// clinic makes an organization.
func (s *stage) clinic(t testing.TB, slug string) uuid.UUID {
	t.Helper()
	org := s.config.NewID()
	s.Exec(t, `insert into organizations (id, kind, name, slug, timezone) values ($1, 'clinic', $2, $2, 'America/New_York')`, org, slug)
	return org
}

// queued makes a call that ended now, with one recording that waits.
func (s *stage) queued(t testing.TB, org uuid.UUID, ref string) (call, upload uuid.UUID) {
	t.Helper()
	call, upload = s.config.NewID(), s.config.NewID()
	s.Exec(t, `insert into call_logs (org_id, id, provider_call_id, direction, status, started_at, ended_at, recording_state)
		values ($1, $2, $3, 'inbound', 'completed', now() - interval '3 minutes', now(), 'pending')`, org, call, ref)
	s.Exec(t, `insert into recording_upload_queue (org_id, id, call_id, source, kind, provider_ref, next_attempt_at, deadline_at)
		values ($1, $2, $3, 'vapi', 'stereo', $4, now(), now() + interval '13 days')`, org, upload, call, ref)
	return call, upload
}

// work brings in what is due, up to n recordings, and says how many were.
func (s *stage) work(t testing.TB, n int) (found int) {
	t.Helper()
	for range n {
		ok, err := s.workers.RunOnce(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		found++
	}
	return found
}

// due makes everything that waits due now, as time would.
func (s *stage) due(t testing.TB) {
	t.Helper()
	s.Exec(t, `update recording_upload_queue set next_attempt_at = now(), lease_expires_at = least(lease_expires_at, now()) where status in ('pending', 'leased')`)
}

// row is the first row of a query as a map; nil when there is none.
func (s *stage) row(t testing.TB, query string, args ...any) map[string]any {
	t.Helper()
	rows, err := s.eye.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToMap)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if len(out) == 0 {
		return nil
	}
	return out[0]
}

// count is the one number that a query gives.
func (s *stage) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := s.eye.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// objects are the files in the store, by their keys.
func (s *stage) objects(t testing.TB) []string {
	t.Helper()
	if s.s3 != nil {
		return s.s3.keys()
	}
	var keys []string
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			key, relErr := filepath.Rel(s.dir, path)
			keys = append(keys, key)
			return relErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// provider is Vapi as far as recordings go: a call's recording is asked for with
// the clinic's key, is answered 302 to an address that works for a moment, and
// is served there to whoever has it. It refuses whatever the real one would.
type provider struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]http.HandlerFunc // what is behind the address, by the call's name
	asked   []string
}

const providerKey = "the-clinics-key-at-the-provider"

func newProvider(t testing.TB) *provider {
	t.Helper()
	p := &provider{answers: map[string]http.HandlerFunc{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /call/{call}/{what}", func(w http.ResponseWriter, r *http.Request) {
		kind, ok := strings.CutSuffix(r.PathValue("what"), "-recording")
		switch {
		case r.Header.Get("Authorization") != "Bearer "+providerKey:
			w.WriteHeader(http.StatusUnauthorized)
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		default:
			w.Header().Set("Location", p.URL+"/bucket/"+r.PathValue("call")+"/"+kind+"?X-Amz-Signature=secret-signature")
			w.WriteHeader(http.StatusFound)
		}
	})
	mux.HandleFunc("GET /bucket/{call}/{kind}", func(w http.ResponseWriter, r *http.Request) {
		call := r.PathValue("call")
		p.mu.Lock()
		answer := p.answers[call]
		p.asked = append(p.asked, call)
		p.mu.Unlock()
		odd := r.Header.Get("Authorization") + r.Header.Get("Cookie") + r.Header.Get("Referer")
		switch {
		case r.URL.Query().Get("X-Amz-Signature") == "" || odd != "":
			w.WriteHeader(http.StatusForbidden)
		case answer == nil:
			w.WriteHeader(http.StatusNotFound)
		default:
			answer(w, r)
		}
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// serves makes the provider answer for a call.
func (p *provider) serves(call string, answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[call] = answer
}

func (p *provider) askedFor() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

func (*provider) fetcher(c fetch.Config) *fetch.Fetcher {
	c.Loopback = true
	return fetch.New(c)
}

func (p *provider) locators(context.Context, uuid.UUID, string) (recording.Locator, error) {
	return locator{p}, nil
}

// locator asks the provider as its client does.
type locator struct{ *provider }

// RecordingLocation implements recording.Locator.
func (l locator) RecordingLocation(ctx context.Context, call, kind string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.URL+"/call/"+call+"/"+kind+"-recording", http.NoBody)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+providerKey)
	w, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	_ = w.Body.Close()
	if w.StatusCode != http.StatusFound {
		return "", fetch.OfStatus(w.StatusCode)
	}
	return w.Header.Get("Location"), nil
}

// wav is a recording of n bytes that tells one call's from another's.
func wav(of string, n int) []byte {
	head := append([]byte("RIFF\x00\x00\x00\x00WAVE"), of...)
	return append(head, bytes.Repeat([]byte{7}, max(0, n-len(head)))...)
}

// sound answers with a recording.
func sound(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/x-wav")
		_, _ = w.Write(body)
	}
}

func hexSum(body []byte) string { return fmt.Sprintf("%x", sha256.Sum256(body)) }

// logBuffer is a log that several goroutines write.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
