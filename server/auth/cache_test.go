package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"time"
)

func digestOf(n int) [sha256.Size]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

func TestTokenCacheIsBoundedAndKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	c := newTokenCache(100)
	c.put(digestOf(0), verified{claims: Claims{Subject: "regular"}})
	for n := 1; n < 10_000; n++ {
		c.put(digestOf(n), verified{})
		if v, ok := c.get(digestOf(0)); !ok || v.claims.Subject != "regular" {
			t.Fatalf("the token in use was forgotten after %d others", n)
		}
		if size := len(c.young) + len(c.old); size > 100 {
			t.Fatalf("%d entries in a cache of 100", size)
		}
	}
	if _, ok := c.get(digestOf(1)); ok {
		t.Error("a token nobody used for so long is still there")
	}
	var none tokenCache
	none.put(digestOf(1), verified{})
	if _, ok := none.get(digestOf(1)); ok {
		t.Error("the zero cache remembers")
	}
}

func TestCachedTokenIsHeldToTimeAndKeys(t *testing.T) {
	t.Parallel()
	first, second := newSigner(t, "first", algES256), newSigner(t, "second", algES256)
	s := newStage(t, first, second)
	short := first.sign(t, nil, s.claims(map[string]any{"exp": s.Now().Add(time.Minute).Unix()}))
	long, other := first.sign(t, nil, s.claims(nil)), second.sign(t, nil, s.claims(nil))
	for _, raw := range []string{short, long, other} {
		if _, err := s.verifier.Verify(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.verifier.cache.get(sha256.Sum256([]byte(raw))); !ok {
			t.Fatal("a good token is not remembered")
		}
	}

	// Time: it ends with its exp and the leeway, and leaves the cache.
	s.advance(time.Minute + 29*time.Second)
	if _, err := s.verifier.Verify(t.Context(), short); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
	s.advance(time.Second)
	if _, err := s.verifier.Verify(t.Context(), short); !errors.Is(err, ErrExpired) {
		t.Errorf("a cached token outlived its end: %v", err)
	}
	if _, ok := s.verifier.cache.get(sha256.Sum256([]byte(short))); ok {
		t.Error("an expired token stays in the cache")
	}

	// Keys: the issuer withdraws the first and puts another under its name.
	usurper := newSigner(t, "first", algES256)
	s.publish(t, usurper, second)
	s.advance(6 * time.Minute)
	if _, err := s.verifier.Verify(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
	if _, err := s.verifier.Verify(t.Context(), long); !errors.Is(err, ErrSignature) {
		t.Errorf("a cached token outlived its key: %v", err)
	}
	digest := sha256.Sum256([]byte(other))
	if seen, _ := s.verifier.cache.get(digest); !s.verifier.keys.current.Load().holds(seen.key) {
		t.Error("the token of a key that stayed lost its place in the cache")
	}
}

func TestVerifyUnderLoad(t *testing.T) {
	t.Parallel()
	old, next := newSigner(t, "old", algES256), newSigner(t, "next", algEdDSA)
	s := newStage(t, old)
	v := s.newVerifier(t, func(c *VerifierConfig) { c.CacheSize = 8; c.MinRefresh = time.Nanosecond })
	var good, bad []string
	for range 16 {
		good = append(good, old.sign(t, nil, s.claims(nil)))
		bad = append(bad, newSigner(t, "old", algES256).sign(t, nil, s.claims(nil)))
	}
	s.publish(t, old, next)
	fresh := next.sign(t, nil, s.claims(nil))

	var crowd sync.WaitGroup
	for g := range 16 {
		crowd.Go(func() {
			for i := range 50 {
				if i%10 == 0 {
					s.advance(time.Second)
				}
				if _, err := v.Verify(t.Context(), good[(g+i)%16]); err != nil {
					t.Errorf("good token: %v", err)
				}
				if _, err := v.Verify(t.Context(), bad[(g+i)%16]); !errors.Is(err, ErrSignature) {
					t.Errorf("bad token: %v", err)
				}
				if _, err := v.Verify(t.Context(), fresh); err != nil {
					t.Errorf("token of the new key: %v", err)
				}
			}
		})
	}
	crowd.Wait()
}

func BenchmarkVerify(b *testing.B) {
	// A benchmark has no *testing.T for the stage; the dev issuer does as well.
	issuer, err := CreateIssuer(b.TempDir() + "/issuer.pem")
	if err != nil {
		b.Fatal(err)
	}
	keys, err := parseKeys(issuer.jwks)
	if err != nil {
		b.Fatal(err)
	}
	v, err := NewVerifier(VerifierConfig{Issuer: testIssuer, Audience: testAudience, JWKSURL: "https://id.example/jwks.json"})
	if err != nil {
		b.Fatal(err)
	}
	v.keys.current.Store(&keySet{keys: keys, at: time.Now()})
	raw, err := issuer.Issue(TokenRequest{Subject: "u", Issuer: testIssuer, Audience: testAudience, TTL: time.Hour, OrgChoice: "sunrise-dental"})
	if err != nil {
		b.Fatal(err)
	}
	for name, remember := range map[string]int{"cached": 1, "uncached": 0} {
		b.Run(name, func(b *testing.B) {
			v.cache = &tokenCache{half: remember, young: map[[sha256.Size]byte]verified{}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
