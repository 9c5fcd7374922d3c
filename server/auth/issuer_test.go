package auth

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// `cascade dev` makes the key, `cascade token` finds it, and the server takes
// the token by the way of production.
func TestDevIssuerFromKeyToClaims(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "issuer.pem")

	_, err := LoadIssuer(path)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "run `cascade dev --data "+filepath.Dir(path)+"` first") {
		t.Fatalf("without a key: %v", err)
	}
	created, err := CreateIssuer(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info, err)
	}
	if _, err := CreateIssuer(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second key over the first: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	server := httptest.NewServer(created.JWKSHandler())
	defer server.Close()
	time := newClock()
	v, err := NewVerifier(VerifierConfig{Issuer: testIssuer, Audience: testAudience, JWKSURL: server.URL, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadIssuer(path)
	if err != nil {
		t.Fatal(err)
	}
	loaded.Now = time.Now
	req := TokenRequest{
		Subject: "u-1", Email: "ana@sunrise.example", Issuer: testIssuer, Audience: testAudience,
		TTL: 3600e9, MFA: true, OrgChoice: "sunrise-dental",
	}
	raw, err := loaded.Issue(req)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != req.Subject || got.Email != req.Email || !got.MFA || got.OrgChoice != req.OrgChoice ||
		got.ID == "" || !got.Expires.Equal(time.Now().Add(req.TTL)) {
		t.Errorf("claims %+v of %+v", got, req)
	}

	req.MFA, req.OrgChoice = false, ""
	if raw, err = loaded.Issue(req); err != nil {
		t.Fatal(err)
	}
	if got, err = v.Verify(t.Context(), raw); err != nil || got.MFA || got.OrgChoice != "" {
		t.Errorf("claims %+v, %v", got, err)
	}
}

func TestIssueRefusesHalfARequest(t *testing.T) {
	t.Parallel()
	issuer, err := CreateIssuer(filepath.Join(t.TempDir(), "issuer.pem"))
	if err != nil {
		t.Fatal(err)
	}
	ok := TokenRequest{Subject: "u", Issuer: "i", Audience: "a", TTL: time.Minute}
	if _, err := issuer.Issue(ok); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*TokenRequest){
		"no subject":    func(r *TokenRequest) { r.Subject = "" },
		"no issuer":     func(r *TokenRequest) { r.Issuer = "" },
		"no audience":   func(r *TokenRequest) { r.Audience = "" },
		"no lifetime":   func(r *TokenRequest) { r.TTL = 0 },
		"ended already": func(r *TokenRequest) { r.TTL = -time.Minute },
	} {
		req := ok
		change(&req)
		if _, err := issuer.Issue(req); err == nil {
			t.Errorf("%s: a token", name)
		}
	}
	if _, err := new(Issuer).Issue(ok); err == nil {
		t.Error("the zero issuer signs")
	}
}

func TestLoadIssuerRefusesBadKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "issuer.pem")
	if _, err := CreateIssuer(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadIssuer(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that everyone can read: %v", err)
	}
	for name, text := range map[string]string{
		"empty":       "",
		"no PEM":      "key",
		"another PEM": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"no key":      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		path := filepath.Join(t.TempDir(), "issuer.pem")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadIssuer(path); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestJWKSHandlerOnlyReads(t *testing.T) {
	t.Parallel()
	issuer, err := CreateIssuer(filepath.Join(t.TempDir(), "issuer.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]int{"GET": http.StatusOK, "HEAD": http.StatusOK, "POST": http.StatusMethodNotAllowed} {
		w := httptest.NewRecorder()
		issuer.JWKSHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/.well-known/jwks.json", http.NoBody))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", method, w.Code, want)
		}
		if strings.Contains(w.Body.String(), `"d"`) {
			t.Error("the private key is served")
		}
	}
}
