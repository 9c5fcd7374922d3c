package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestUnknownKidFloodCostsOneFetch(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "key-1", algES256)
	s := newStage(t, key)
	good := key.sign(t, nil, s.claims(nil))
	if _, err := s.verifier.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	s.advance(10 * time.Second)
	before := s.fetches.Load()
	var flood sync.WaitGroup
	for n := range 500 {
		raw := key.sign(t, map[string]any{"kid": fmt.Sprintf("made-up-%d", n)}, s.claims(nil))
		flood.Go(func() {
			if _, err := s.verifier.Verify(t.Context(), raw); !errors.Is(err, ErrUnknownKey) {
				t.Errorf("error %v", err)
			}
		})
	}
	flood.Wait()
	if got := s.fetches.Load() - before; got != 1 {
		t.Errorf("%d fetches, want 1", got)
	}
	// Neither a known kid of a bad token nor a wrong algorithm is worth one.
	s.advance(10 * time.Second)
	for _, raw := range []string{
		newSigner(t, "key-1", algES256).sign(t, nil, s.claims(nil)),
		newSigner(t, "key-1", algEdDSA).sign(t, nil, s.claims(nil)),
		key.sign(t, map[string]any{"kid": ""}, s.claims(nil)),
		key.sign(t, map[string]any{"kid": "made-up", "alg": "ES384"}, s.claims(nil)),
		key.sign(t, map[string]any{"kid": "made-up", "alg": "none"}, s.claims(nil)),
	} {
		if _, err := s.verifier.Verify(t.Context(), raw); err == nil {
			t.Error("accepted")
		}
	}
	if got := s.fetches.Load() - before; got != 1 {
		t.Errorf("%d fetches, want still 1", got)
	}
}

func TestKnownKeysDoNotWaitForAFetch(t *testing.T) {
	t.Parallel()
	key, next := newSigner(t, "key-1", algES256), newSigner(t, "key-2", algES256)
	s := newStage(t, key)
	if err := s.verifier.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.advance(time.Minute)
	s.publish(t, key, next)
	open := s.shut()
	waiting := make(chan error, 1)
	go func() {
		_, err := s.verifier.Verify(t.Context(), next.sign(t, nil, s.claims(nil)))
		waiting <- err
	}()
	<-s.arrived // the fetch is under way, and hangs

	for range 3 {
		if _, err := s.verifier.Verify(t.Context(), key.sign(t, nil, s.claims(nil))); err != nil {
			t.Errorf("a known key waited: %v", err)
		}
	}
	// Keys that are merely old are renewed behind the requests' back, too.
	s.advance(6 * time.Minute)
	if _, err := s.verifier.Verify(t.Context(), key.sign(t, nil, s.claims(nil))); err != nil {
		t.Errorf("a known key waited: %v", err)
	}
	select {
	case err := <-waiting:
		t.Errorf("the unknown key did not wait: %v", err)
	default:
	}
	open()
	if err := <-waiting; err != nil {
		t.Errorf("the new key after the fetch: %v", err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	old, next := newSigner(t, "2026-03", algES256), newSigner(t, "2026-04", algRS256)
	s := newStage(t, old)
	oldToken, nextToken := old.sign(t, nil, s.claims(nil)), next.sign(t, nil, s.claims(nil))
	verify := func(raw string) error {
		_, err := s.verifier.Verify(t.Context(), raw)
		return err
	}
	if err := verify(oldToken); err != nil {
		t.Fatal(err)
	}
	if err := verify(nextToken); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("before its publication: %v", err)
	}

	s.publish(t, old, next)
	if err := verify(nextToken); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("within the least time between fetches: %v", err)
	}
	s.advance(10 * time.Second)
	if err := verify(nextToken); err != nil {
		t.Errorf("after its publication: %v", err)
	}
	if err := verify(oldToken); err != nil {
		t.Errorf("the old key beside the new: %v", err)
	}

	s.publish(t, next)
	s.advance(5*time.Minute + time.Second)
	if err := verify(oldToken); err != nil {
		t.Errorf("the request that starts the fetch does not wait for it: %v", err)
	}
	s.settle(t)
	if err := verify(oldToken); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("after its withdrawal: %v", err)
	}
	if err := verify(nextToken); err != nil {
		t.Errorf("the key that stayed: %v", err)
	}
}

func TestKeyWithdrawnWhileIdleOpensNothing(t *testing.T) {
	t.Parallel()
	stolen, next := newSigner(t, "stolen", algES256), newSigner(t, "next", algES256)
	s := newStage(t, stolen)
	raw := stolen.sign(t, nil, s.claims(nil))
	if _, err := s.verifier.Verify(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	s.publish(t, next)
	s.advance(30 * time.Minute)
	if _, err := s.verifier.Verify(t.Context(), raw); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("the first request after half an hour: %v", err)
	}
}

func TestFailedFetchKeepsTheKeys(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "key-1", algES256)
	jwks, err := json.Marshal(map[string]any{"keys": []any{newSigner(t, "other", algES256).jwk()}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		status int
		answer []byte
	}{
		{"an error", http.StatusInternalServerError, jwks},
		{"a redirect", http.StatusFound, jwks},
		{"no content", http.StatusNoContent, nil},
		{"a page", http.StatusOK, []byte("<html>")},
		{"an object of something else", http.StatusOK, []byte(`{"error":"busy"}`)},
		{"cut off", http.StatusOK, jwks[:len(jwks)-1]},
		{"too large", http.StatusOK, []byte(`{"keys":[]}` + strings.Repeat(" ", maxKeySet))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, key)
			raw := key.sign(t, nil, s.claims(map[string]any{"exp": s.Now().Add(24 * time.Hour).Unix()}))
			if _, err := s.verifier.Verify(t.Context(), raw); err != nil {
				t.Fatal(err)
			}
			s.serve(tt.status, tt.answer)
			before := s.fetches.Load()
			for range 3 {
				s.advance(20 * time.Minute)
				if _, err := s.verifier.Verify(t.Context(), raw); err != nil {
					t.Fatalf("after a failed fetch: %v", err)
				}
			}
			if got := s.fetches.Load() - before; got != 3 {
				t.Errorf("%d fetches, want 3", got)
			}
		})
	}
}

func TestStartWithoutTheIssuer(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "key-1", algES256)
	s := newStage(t, key)
	s.serve(http.StatusServiceUnavailable, nil)
	raw := key.sign(t, nil, s.claims(nil))

	if err := s.verifier.Ready(t.Context()); !errors.Is(err, ErrKeysUnavailable) {
		t.Errorf("ready: %v", err)
	}
	for range 5 {
		if _, err := s.verifier.Verify(t.Context(), raw); Reason(err) != "keys_unavailable" {
			t.Errorf("without keys: %v", err)
		}
	}
	if got := s.fetches.Load(); got != 1 {
		t.Errorf("%d fetches, want 1", got)
	}

	s.publish(t, key)
	s.advance(10 * time.Second)
	if _, err := s.verifier.Verify(t.Context(), raw); err != nil {
		t.Errorf("once the issuer is there: %v", err)
	}
	before := s.fetches.Load()
	for range 3 {
		s.advance(time.Minute)
		if err := s.verifier.Ready(t.Context()); err != nil {
			t.Errorf("ready: %v", err)
		}
	}
	if got := s.fetches.Load() - before; got != 0 {
		t.Errorf("%d fetches for a question with a known answer", got)
	}
}

func TestWithdrawingEveryKeyIsObeyed(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "key-1", algES256)
	s := newStage(t, key)
	raw := key.sign(t, nil, s.claims(nil))
	if _, err := s.verifier.Verify(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	s.publish(t)
	s.advance(11 * time.Minute)
	if _, err := s.verifier.Verify(t.Context(), raw); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("error %v", err)
	}
}

func TestParseKeysTakesOnlyWhatItTrusts(t *testing.T) {
	t.Parallel()
	ec, rs, ed := newSigner(t, "k", algES256), newSigner(t, "k", algRS256), newSigner(t, "k", algEdDSA)
	with := func(j map[string]any, name string, value any) map[string]any { j[name] = value; return j }
	for _, tt := range []struct {
		name string
		key  any
		want string // algorithm; empty: left out
	}{
		{"EC", ec.jwk(), algES256},
		{"RSA", rs.jwk(), algRS256},
		{"OKP", ed.jwk(), algEdDSA},
		{"OKP by its new name", with(ed.jwk(), "alg", "Ed25519"), algEdDSA},
		{"no alg", with(ec.jwk(), "alg", ""), algES256},
		{"another alg", with(rs.jwk(), "alg", "PS256"), ""},
		{"alg of another type", with(rs.jwk(), "alg", "ES256"), ""},
		{"HMAC secret", map[string]any{"kty": "oct", "kid": "k", "k": "c2VjcmV0"}, ""},
		{"for encryption", with(rs.jwk(), "use", "enc"), ""},
		{"for signing only", with(ec.jwk(), "key_ops", []string{"sign"}), ""},
		{"no kid", with(ec.jwk(), "kid", ""), ""},
		{"point off the curve", with(ec.jwk(), "y", ec.jwk()["x"]), ""},
		{"short coordinate", with(ec.jwk(), "x", "AA"), ""},
		{"another curve", with(ec.jwk(), "crv", "P-384"), ""},
		{"short modulus", with(rs.jwk(), "n", strings.Repeat("q", 100)), ""},
		{"endless modulus", with(rs.jwk(), "n", strings.Repeat("q", 3000)), ""},
		{"exponent one", with(rs.jwk(), "e", "AQ"), ""},
		{"even exponent", with(rs.jwk(), "e", "AQAC"), ""},
		{"short Ed25519", with(ed.jwk(), "x", "AAAA"), ""},
		{"not an object", "key", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			document, err := json.Marshal(map[string]any{"keys": []any{tt.key, ed.jwk()}})
			if err != nil {
				t.Fatal(err)
			}
			keys, err := parseKeys(document)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want == "" {
				want = algEdDSA // only the good one behind it
			}
			if len(keys) != 1 || keys["k"] == nil || keys["k"].alg != want {
				t.Errorf("keys %v, want one of %s", keys, want)
			}
		})
	}
}
