package pull

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy/bundle"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newKey(t *testing.T, seed byte) *ecdsa.PrivateKey {
	t.Helper()
	key, err := bundle.GenerateKey(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign is a small policy, another for each text.
func sign(t *testing.T, seed byte, sequence int64, text string) []byte {
	t.Helper()
	data, err := bundle.Sign(fstest.MapFS{
		"cascade/access.rego": {Data: []byte("package cascade.access\n\n# " + text)},
		"schema/input.json":   {Data: []byte("{}")},
	}, bundle.Statement{
		Sequence: sequence, NotBefore: noon.Add(-time.Hour), Expires: noon.Add(time.Hour), Author: "usr_ada",
	}, newKey(t, seed))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// node is one that pulls, and remembers what is active as a node does.
type node struct {
	sequence int64
	digest   string
	broken   error
	config   Config
}

func newNode(t *testing.T, url string) *node {
	t.Helper()
	n := &node{}
	keys := bundle.Keys{}
	if err := keys.Trust(newKey(t, 1).Public()); err != nil {
		t.Fatal(err)
	}
	n.config = Config{
		URL: url, Keys: keys,
		Active: func(context.Context) (int64, string, error) { return n.sequence, n.digest, nil },
		Apply: func(_ context.Context, b *bundle.Bundle) error {
			if n.broken == nil {
				n.sequence, n.digest = b.Statement().Sequence, b.Digest()
			}
			return n.broken
		},
		Now: func() time.Time { return noon }, Random: func() float64 { return 0 },
	}
	return n
}

func (n *node) puller(t *testing.T) *Puller {
	t.Helper()
	p, err := New(n.config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shelf is a web server with one file, as any of them serves one.
type shelf struct {
	data   atomic.Pointer[[]byte]
	sent   atomic.Int64 // whole answers
	asked  atomic.Int64
	tokens []string
}

func (s *shelf) put(data []byte) { s.data.Store(&data) }

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	s.tokens = append(s.tokens, r.Header.Get("Authorization"))
	data := *s.data.Load()
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, len(data)+int(data[len(data)/2])<<20))
	if r.Header.Get("If-None-Match") != w.Header().Get("ETag") {
		s.sent.Add(1)
	}
	http.ServeContent(w, r, "bundle.tar.gz", time.Time{}, bytes.NewReader(data))
}

// A pipeline publishes, nodes follow: a new bundle is applied once, and what
// did not change is not sent again.
func TestANodeFollowsWhatIsPublished(t *testing.T) {
	t.Parallel()
	shelf := &shelf{}
	server := httptest.NewServer(shelf)
	t.Cleanup(server.Close)
	n := newNode(t, server.URL)
	n.config.Token = "s3cret"
	p := n.puller(t)
	look := func(want bool, refusal error, sent, sequence int64) {
		t.Helper()
		applied, err := p.Look(t.Context())
		if applied != want || !errors.Is(err, refusal) {
			t.Fatalf("applied %t, %v", applied, err)
		}
		if shelf.sent.Load() != sent || n.sequence != sequence {
			t.Fatalf("%d bundles sent, number %d active; want %d and %d", shelf.sent.Load(), n.sequence, sent, sequence)
		}
	}
	first := sign(t, 1, 1, "first")
	shelf.put(first)
	look(true, nil, 1, 1)
	look(false, nil, 1, 1)
	shelf.put(sign(t, 1, 3, "second, and longer"))
	look(true, nil, 2, 3)
	// The old one comes back: refused each time, and what runs goes on.
	shelf.put(first)
	look(false, bundle.Stale, 3, 3)
	look(false, bundle.Stale, 4, 3)
	// Two bundles with one number.
	shelf.put(sign(t, 1, 3, "another by the same number"))
	look(false, bundle.Stale, 5, 3)
	// The same policies by an older number.
	shelf.put(sign(t, 1, 2, "second, and longer"))
	look(false, bundle.Stale, 6, 3)
	shelf.put(sign(t, 2, 4, "a stranger's"))
	look(false, bundle.UnknownKey, 7, 3)
	// It does not compile here, then it does.
	n.broken = errors.New("does not compile")
	shelf.put(sign(t, 1, 5, "third"))
	look(false, n.broken, 8, 3)
	n.broken = nil
	look(true, nil, 9, 5)
	// A node that starts anew fetches what it has, and it is no news.
	p = n.puller(t)
	look(false, nil, 10, 5)
	look(false, nil, 10, 5)
	if slices.ContainsFunc(shelf.tokens, func(token string) bool { return token != "Bearer s3cret" }) {
		t.Errorf("it was asked with %q", shelf.tokens)
	}
}

// What a server does wrong changes nothing, and says what it was.
func TestABadServerChangesNothing(t *testing.T) {
	t.Parallel()
	good := sign(t, 1, 1, "good")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirect was followed to another server")
	}))
	t.Cleanup(elsewhere.Close)
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		want  string
		is    error
	}{
		"500":                       {status(500), "the server answered 500", nil},
		"404":                       {status(404), "the server answered 404", nil},
		"an empty answer":           {status(200), "not gzipped", bundle.Malformed},
		"no content":                {status(204), "the server answered 204", nil},
		"unchanged, without asking": {status(304), "the server answered 304", nil},
		"a part": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusPartialContent)
			write(t, w, good[:100])
		}, "the server answered 206", nil},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)))
			write(t, w, good[:len(good)/2])
		}, "unexpected EOF", io.ErrUnexpectedEOF},
		"half of it, said to be all": {func(w http.ResponseWriter, _ *http.Request) { write(t, w, good[:len(good)/2]) }, "does not unpack", bundle.Malformed},
		"a page to sign in":          {func(w http.ResponseWriter, _ *http.Request) { write(t, w, []byte("<html>")) }, "not gzipped", bundle.Malformed},
		"packed twice": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			write(t, zip, good)
			if err := zip.Close(); err != nil {
				t.Error(err)
			}
		}, "does not unpack", bundle.Malformed},
		"without end": {func(w http.ResponseWriter, r *http.Request) {
			block := make([]byte, 64<<10)
			for r.Context().Err() == nil {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, "over the limit", bundle.TooLarge},
		"stuck before it answers": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "deadline", context.DeadlineExceeded},
		"stuck in the middle": {func(w http.ResponseWriter, r *http.Request) {
			write(t, w, good[:100])
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			<-r.Context().Done()
		}, "deadline", context.DeadlineExceeded},
		"led elsewhere": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }, "another server", nil},
		"led round and round": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"/again", http.StatusFound)
		}, "too often", nil},
		"hung up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(test.serve)
			t.Cleanup(server.Close)
			n := newNode(t, server.URL+"/bundle?signature=s3cret")
			n.config.MaxBytes = 1 << 20
			if errors.Is(test.is, context.DeadlineExceeded) {
				n.config.Timeout = 100 * time.Millisecond
			}
			applied, err := n.puller(t).Look(t.Context())
			if applied || n.sequence != 0 || err == nil {
				t.Fatalf("applied %t, number %d, %v", applied, n.sequence, err)
			}
			if !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}

func write(t *testing.T, w io.Writer, data []byte) {
	t.Helper()
	if _, err := w.Write(data); err != nil {
		t.Error(err)
	}
}

// A redirect within the server is followed, over TLS as well.
func TestARedirectWithinTheServer(t *testing.T) {
	t.Parallel()
	good := sign(t, 1, 1, "good")
	mux := http.NewServeMux()
	for from, to := range map[string]string{"/latest": "/5", "/5": "/6", "/6": "/7", "/further": "/latest"} {
		mux.Handle(from, http.RedirectHandler(to, http.StatusFound))
	}
	mux.HandleFunc("/7", func(w http.ResponseWriter, _ *http.Request) { write(t, w, good) })
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	n := newNode(t, server.URL+"/latest")
	n.config.Transport = server.Client().Transport
	if applied, err := n.puller(t).Look(t.Context()); err != nil || !applied {
		t.Errorf("applied %t, %v", applied, err)
	}
	n = newNode(t, server.URL+"/further")
	n.config.Transport = server.Client().Transport
	if applied, err := n.puller(t).Look(t.Context()); err == nil || applied {
		t.Errorf("a fourth redirect was followed: %t, %v", applied, err)
	}
	// A certificate that nobody trusts is no https.
	n = newNode(t, server.URL+"/latest")
	var unknown x509.UnknownAuthorityError
	if applied, err := n.puller(t).Look(t.Context()); !errors.As(err, &unknown) || applied {
		t.Errorf("applied %t, %v", applied, err)
	}
}

func TestOnlySafePlacesAreAsked(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"https://policies.example/cascade.tar.gz": true, "http://localhost:8000/b": true, "http://127.0.0.1/b": true, "http://[::1]:80/b": true,
		"http://policies.example/b": false, "http://127.0.0.1.evil.example/b": false, "http://10.0.0.7/b": false, "http://169.254.169.254/b": false,
		"https://ada:secret@policies.example/b": false, "file:///etc/passwd": false, "https:///b": false, "policies.example/b": false, "": false, "https://%": false,
	} {
		p, err := New(newNode(t, url).config)
		if (err == nil) != ok || (p != nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
	for name, without := range map[string]func(*Config){
		"keys": func(c *Config) { c.Keys = nil }, "active": func(c *Config) { c.Active = nil }, "apply": func(c *Config) { c.Apply = nil },
		"clock": func(c *Config) { c.Now = nil }, "chance": func(c *Config) { c.Random = nil },
	} {
		n := newNode(t, "https://policies.example/b")
		without(&n.config)
		if _, err := New(n.config); err == nil {
			t.Errorf("without %s it starts", name)
		}
	}
}

// While a server is down a node asks less and less often, and at the usual pace
// as soon as it is back.
func TestRunBacksOff(t *testing.T) {
	t.Parallel()
	good := sign(t, 1, 1, "good")
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n := asked.Add(1); n >= 3 && n <= 6 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		write(t, w, good)
	}))
	t.Cleanup(server.Close)
	n := newNode(t, server.URL)
	var waits []time.Duration
	var seen []string
	over := errors.New("over")
	n.config.Every = 5 * time.Second
	n.config.Observe = func(applied bool, err error) {
		seen = append(seen, map[bool]string{true: "news", false: "none"}[applied]+map[bool]string{true: "", false: ", failed"}[err == nil])
	}
	n.config.Wait = func(_ context.Context, d time.Duration) error {
		if waits = append(waits, d*2); len(waits) == 8 {
			return over
		}
		return nil
	}
	if err := n.puller(t).Run(t.Context()); !errors.Is(err, over) {
		t.Fatal(err)
	}
	s := time.Second
	if diff := cmp.Diff([]time.Duration{5 * s, 5 * s, 1 * s, 2 * s, 4 * s, 5 * s, 5 * s, 5 * s}, waits); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"news", "none", "none, failed", "none, failed", "none, failed", "none, failed", "none", "none"}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(server.Close)
	n := newNode(t, server.URL)
	n.config.Every = time.Hour
	n.config.Random = func() float64 { cancel(); return 0 } // while it is about to wait
	if err := n.puller(t).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Whatever is drawn, a wait is between half and the whole of its time.
func TestDelayIsBounded(t *testing.T) {
	t.Parallel()
	for _, random := range []float64{0, 0.5, 0.999999} {
		for failures := range 200 {
			whole := time.Minute
			if failures >= 1 && failures <= 6 {
				whole = []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 32e9}[failures-1]
			}
			if d := delay(time.Minute, failures, random); d < whole/2 || d > whole {
				t.Errorf("%s after %d failures", d, failures)
			}
		}
	}
}
