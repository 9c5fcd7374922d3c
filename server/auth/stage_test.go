package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	testIssuer   = "https://id.cascade.example/auth/v1"
	testAudience = "authenticated"
)

// clock is a time that stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// signer is one private key of the stage's issuer.
type signer struct {
	id      string
	method  jwt.SigningMethod
	private crypto.Signer
}

func newSigner(t testing.TB, id, alg string) signer {
	t.Helper()
	var (
		private crypto.Signer
		err     error
	)
	switch alg {
	case algES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case algRS256:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case algEdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		t.Fatalf("no signer for %s", alg)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signer{id: id, method: jwt.GetSigningMethod(alg), private: private}
}

func (s signer) sign(t testing.TB, header map[string]any, claims jwt.Claims) string {
	t.Helper()
	token := jwt.NewWithClaims(s.method, claims)
	token.Header["kid"] = s.id
	maps.Copy(token.Header, header)
	raw, err := token.SignedString(s.private)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// jwk is the public half, encoded here from the standard's text and not with
// the code under test.
func (s signer) jwk() map[string]any {
	b64 := base64.RawURLEncoding.EncodeToString
	switch public := s.private.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			panic(err)
		}
		return map[string]any{"kty": "EC", "crv": "P-256", "kid": s.id, "use": "sig", "alg": "ES256", "x": b64(point[1:33]), "y": b64(point[33:])}
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "kid": s.id, "use": "sig", "alg": "RS256", "n": b64(public.N.Bytes()), "e": b64(big.NewInt(int64(public.E)).Bytes())}
	case ed25519.PublicKey:
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": s.id, "alg": "EdDSA", "key_ops": []string{"verify"}, "x": b64(public)}
	default:
		panic("no such key")
	}
}

// stage is an issuer on a real HTTP server, a clock, and a verifier that trusts
// that issuer by that clock.
type stage struct {
	*clock
	verifier *Verifier
	url      string
	fetches  atomic.Int64
	arrived  chan struct{} // gets one for every fetch, if someone listens
	gate     chan struct{} // closed: fetches are answered

	mu     sync.Mutex
	answer []byte
	status int
}

func newStage(t testing.TB, signers ...signer) *stage {
	t.Helper()
	s := &stage{clock: newClock(), status: http.StatusOK, arrived: make(chan struct{}), gate: make(chan struct{})}
	close(s.gate)
	s.publish(t, signers...)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL + "/.well-known/jwks.json"
	s.verifier = s.newVerifier(t, nil)
	return s
}

func (s *stage) newVerifier(t testing.TB, change func(*VerifierConfig)) *Verifier {
	t.Helper()
	cfg := VerifierConfig{Issuer: testIssuer, Audience: testAudience, JWKSURL: s.url, Now: s.Now}
	if change != nil {
		change(&cfg)
	}
	v, err := NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// ServeHTTP answers as the issuer.
func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.fetches.Add(1)
	s.mu.Lock()
	gate, answer, status := s.gate, s.answer, s.status
	s.mu.Unlock()
	select {
	case s.arrived <- struct{}{}:
	default:
	}
	select {
	case <-gate:
	case <-r.Context().Done():
	}
	if status == http.StatusFound {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// publish makes these the issuer's keys.
func (s *stage) publish(t testing.TB, signers ...signer) {
	t.Helper()
	keys := []any{}
	for _, k := range signers {
		keys = append(keys, k.jwk())
	}
	document, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	s.serve(http.StatusOK, document)
}

func (s *stage) serve(status int, answer []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.answer = status, answer
}

// shut makes fetches hang until the returned function is called.
func (s *stage) shut() (open func()) {
	gate := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = gate
	return func() { close(gate) }
}

// settle waits until no fetch is under way.
func (s *stage) settle(t testing.TB) {
	t.Helper()
	s.verifier.keys.mu.Lock()
	f := s.verifier.keys.flight
	s.verifier.keys.mu.Unlock()
	if f == nil {
		return
	}
	if err := f.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// claims are those of a good token that ends in an hour; more of them come on
// top, and nil takes one away.
func (s *stage) claims(more map[string]any) jwt.MapClaims {
	now := s.Now()
	c := jwt.MapClaims{
		"iss": testIssuer, "aud": testAudience, "sub": "5b1c0b6e-0f2e-7a41-8d7e-2f6f8f1d0a11", "jti": "token-1",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for name, value := range more {
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
	}
	return c
}
