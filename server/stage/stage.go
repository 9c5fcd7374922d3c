// Package stage is the whole server on a port of its own in a test: a database
// and an issuer that nobody else has, a real Redis, and whoever asks. It is for
// tests alone, and imports testing.
//
//	s := stage.New(t)
//	w := stage.Populate(t, s) // three clinics, and every kind of subject
//	s.Ask(t, `{ calls { totalCount } }`, stage.Bearer(w.Subject("owner A").Token))
package stage

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy/bundle"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/recording"
)

// IssuerName and Audience are what the tokens of a stage say.
const (
	IssuerName = "https://id.example/auth/v1"
	Audience   = "authenticated"
)

// Stage is one server. Make it with Prepare or New.
type Stage struct {
	*dbtest.DB

	// Config and Deps can be changed before Start. Start fills Deps.Log and
	// Deps.Listening in, unless they are set.
	Config server.Config
	Deps   server.Deps

	Issuer *auth.Issuer
	// IssuerKeyFile holds the key that tokens are signed with (PKCS #8, PEM).
	IssuerKeyFile string
	Keys          *secret.Keyset // seals credentials of integrations

	// Known once it runs.
	URL string
	App *server.App
	// Log holds what the server wrote so far.
	Log *Log
	// Stop does what SIGTERM does.
	Stop context.CancelFunc
	// Ended tells once what Run returned.
	Ended chan error
}

// Prepare makes everything but the server.
func Prepare(t testing.TB) *Stage {
	t.Helper()
	s := &Stage{DB: dbtest.Open(t), Log: &Log{}, Ended: make(chan error, 1)}
	dir := t.TempDir()
	var err error
	s.IssuerKeyFile = filepath.Join(dir, "issuer.key")
	if s.Issuer, err = auth.CreateIssuer(s.IssuerKeyFile); err != nil {
		t.Fatal(err)
	}
	jwks := httptest.NewServer(s.Issuer.JWKSHandler())
	t.Cleanup(jwks.Close)
	seal := filepath.Join(dir, "seal.key")
	if err := os.WriteFile(seal, s.Key.File(), 0o600); err != nil {
		t.Fatal(err)
	}
	keyset := filepath.Join(dir, "keyset.json")
	if s.Keys, err = secret.Create(keyset); err != nil {
		t.Fatal(err)
	}
	recordings := filepath.Join(dir, "recordings")
	if err := os.Mkdir(recordings, 0o700); err != nil {
		t.Fatal(err)
	}
	policyKey := filepath.Join(dir, "policy.key")
	key, err := bundle.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := bundle.EncodePrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(policyKey, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Config = server.Config{
		Addr: "127.0.0.1:0", PublicURL: "https://api.example.com", DatabaseURL: s.AppDSN, RedisURL: s.RedisURL,
		JWTIssuer: IssuerName, JWTAudience: Audience, JWKSURL: jwks.URL, SealKeyFile: seal, SecretsKeysetFile: keyset, PolicyKeyFile: policyKey,
		BlobURL: recording.DirectoryURL(recordings),
		Nodes:   1, AddressLimit: 10_000_000,
	}
	// A busy machine decides slowly; what it decides is the same.
	s.Deps.Budget = 5 * time.Second
	return s
}

// Start runs the server until the test ends.
func (s *Stage) Start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	s.Stop = cancel
	listening := make(chan net.Addr, 1)
	deps := s.Deps
	if deps.Log == nil {
		deps.Log = server.NewLog(s.Log, slog.LevelInfo)
	}
	deps.Listening = func(app *server.App, addr net.Addr) {
		if s.Deps.Listening != nil {
			s.Deps.Listening(app, addr)
		}
		s.App = app
		listening <- addr
	}
	var err error
	over := make(chan struct{})
	go func() {
		err = server.Run(ctx, s.Config, deps)
		s.Ended <- err
		close(over)
	}()
	t.Cleanup(func() {
		cancel()
		<-over
		if t.Failed() {
			t.Logf("log:\n%s", s.Log.Tail(1<<11))
		}
	})
	select {
	case addr := <-listening:
		s.URL = "http://" + addr.String()
	case <-over:
		t.Fatalf("the server did not start: %v", err)
	}
}
