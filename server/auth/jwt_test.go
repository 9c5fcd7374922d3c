package auth

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

func TestVerifyAcceptsEachAlgorithmOfOurs(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{algES256, algRS256, algEdDSA} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			key := newSigner(t, "key-1", alg)
			s := newStage(t, key)
			got, err := s.verifier.Verify(t.Context(), key.sign(t, nil, s.claims(nil)))
			if err != nil {
				t.Fatal(err)
			}
			want := Claims{
				Issuer: testIssuer, Subject: "5b1c0b6e-0f2e-7a41-8d7e-2f6f8f1d0a11", ID: "token-1",
				Expires: s.Now().Add(time.Hour),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	es, rs := newSigner(t, "es", algES256), newSigner(t, "rs", algRS256)
	stranger := newSigner(t, "es", algES256) // our kid, another key
	s := newStage(t, es, rs)
	good := es.sign(t, nil, s.claims(nil))
	parts := strings.Split(good, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	signed := func(more map[string]any) string { return es.sign(t, nil, s.claims(more)) }
	headed := func(header map[string]any) string { return es.sign(t, header, s.claims(nil)) }
	at := func(d time.Duration) int64 { return s.Now().Add(d).Unix() }

	// The classic confusion: the public key's bytes as an HMAC secret.
	public, err := x509.MarshalPKIXPublicKey(rs.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	hmac := func(secret []byte) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, s.claims(nil))
		token.Header["kid"] = rs.id
		raw, err := token.SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}

	for _, tt := range []struct {
		name, raw string
		want      *Error
	}{
		{"nothing", "", ErrNoCredential},
		{"garbage", "garbage", ErrMalformed},
		{"two parts", parts[0] + "." + parts[1], ErrMalformed},
		{"four parts", good + ".x", ErrMalformed},
		{"header is no base64", "!." + parts[1] + "." + parts[2], ErrMalformed},
		{"header is no JSON", b64([]byte("nope")) + "." + parts[1] + "." + parts[2], ErrMalformed},
		{"header is null", b64([]byte("null")) + "." + parts[1] + "." + parts[2], ErrAlgorithm},
		{"body is null", es.sign(t, nil, jwt.MapClaims(nil)), ErrIssuer},
		{"body is a list", parts[0] + "." + b64([]byte("[]")) + "." + parts[2], ErrMalformed},
		{"a claim twice", parts[0] + "." + b64([]byte(`{"sub":"a","sub":"b"}`)) + "." + parts[2], ErrMalformed},
		{"padded base64", good + "=", ErrMalformed},

		{"larger than 8 KB", strings.Repeat("a", maxCredential+1), ErrTooLarge},
		{"larger than 8 KB and well signed", signed(map[string]any{"x": strings.Repeat("a", maxCredential)}), ErrTooLarge},

		{"alg none", b64([]byte(`{"alg":"none","kid":"es"}`)) + "." + parts[1] + ".", ErrAlgorithm},
		{"alg NONE", b64([]byte(`{"alg":"NONE","kid":"es"}`)) + "." + parts[1] + ".", ErrAlgorithm},
		{"alg missing", b64([]byte(`{"kid":"es"}`)) + "." + parts[1] + "." + parts[2], ErrAlgorithm},
		{"alg is a number", b64([]byte(`{"alg":1,"kid":"es"}`)) + "." + parts[1] + "." + parts[2], ErrAlgorithm},
		{"HS256 with the public key", hmac(public), ErrAlgorithm},
		{"HS256 with nothing", hmac([]byte{}), ErrAlgorithm},
		{"PS256 of an RSA key", signer{"rs", jwt.SigningMethodPS256, rs.private}.sign(t, nil, s.claims(nil)), ErrAlgorithm},
		{"RS512 of an RSA key", signer{"rs", jwt.SigningMethodRS512, rs.private}.sign(t, nil, s.claims(nil)), ErrAlgorithm},
		{"ES256 under the kid of an RSA key", headed(map[string]any{"kid": "rs"}), ErrAlgorithm},
		{"RS256 under the kid of an EC key", rs.sign(t, map[string]any{"kid": "es"}, s.claims(nil)), ErrAlgorithm},

		{"no kid", headed(map[string]any{"kid": ""}), ErrUnknownKey},
		{"kid is a list", headed(map[string]any{"kid": []string{"es"}}), ErrUnknownKey},
		{"unknown kid", headed(map[string]any{"kid": "other"}), ErrUnknownKey},
		{"a key of its own in the header", headed(map[string]any{"kid": "mine", "jwk": stranger.jwk()}), ErrUnknownKey},
		{"an extension we must understand", headed(map[string]any{"crit": []string{"x"}, "x": 1}), ErrMalformed},
		{"made to log someone out", headed(map[string]any{"typ": "logout+jwt"}), ErrMalformed},
		{"typ is a list", headed(map[string]any{"typ": []string{"JWT"}}), ErrMalformed},

		{"another's signature", stranger.sign(t, nil, s.claims(nil)), ErrSignature},
		{"no signature", parts[0] + "." + parts[1] + ".", ErrSignature},
		{"another body", parts[0] + "." + b64([]byte(`{"sub":"admin"}`)) + "." + parts[2], ErrSignature},
		// The last digit of an ES256 signature carries two bits; four spare.
		{"another spelling of the signature", good[:len(good)-1] + string(spareBits(good[len(good)-1])), ErrMalformed},

		{"wrong issuer", signed(map[string]any{"iss": "https://evil.example"}), ErrIssuer},
		{"issuer with a slash more", signed(map[string]any{"iss": testIssuer + "/"}), ErrIssuer},
		{"no issuer", signed(map[string]any{"iss": nil}), ErrIssuer},
		{"ISS is no iss", signed(map[string]any{"iss": nil, "ISS": testIssuer}), ErrIssuer},
		{"wrong audience", signed(map[string]any{"aud": "another"}), ErrAudience},
		{"wrong audiences", signed(map[string]any{"aud": []string{"one", "two"}}), ErrAudience},
		{"no audience", signed(map[string]any{"aud": nil}), ErrAudience},
		{"empty audience", signed(map[string]any{"aud": ""}), ErrAudience},
		{"expired", signed(map[string]any{"exp": at(-time.Minute)}), ErrExpired},
		{"expired to the second, leeway and all", signed(map[string]any{"exp": at(-30 * time.Second)}), ErrExpired},
		{"no exp", signed(map[string]any{"exp": nil}), ErrMalformed},
		{"exp is text", signed(map[string]any{"exp": "tomorrow"}), ErrMalformed},
		{"exp beyond all dates", signed(map[string]any{"exp": 1e300}), ErrMalformed},
		{"not yet valid", signed(map[string]any{"nbf": at(time.Minute)}), ErrNotYetValid},
		{"issued in the future", signed(map[string]any{"iat": at(time.Minute)}), ErrNotYetValid},
		{"nobody", signed(map[string]any{"sub": nil}), ErrMalformed},
		{"sub is a number", signed(map[string]any{"sub": 7}), ErrMalformed},
		{"org_id is a list", signed(map[string]any{"app_metadata": map[string]any{"org_id": []string{"a", "b"}}}), ErrMalformed},
		{"amr is a number", signed(map[string]any{"amr": []int{1}}), ErrMalformed},
		{"wrong issuer and expired", signed(map[string]any{"iss": "x", "exp": at(-time.Hour)}), ErrIssuer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // a refusal must not be cached as a success
				claims, err := s.verifier.Verify(t.Context(), tt.raw)
				if !errors.Is(err, tt.want) {
					t.Fatalf("error %v (%s), want %v", err, Reason(err), tt.want)
				}
				if claims != (Claims{}) {
					t.Fatalf("a refused token gave claims: %+v", claims)
				}
			}
		})
	}
}

// spareBits changes the bits of a base64 digit that decode to nothing.
func spareBits(digit byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return digits[strings.IndexByte(digits, digit)^1]
}

func TestVerifyToleratesClocksThatDiffer(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "key-1", algES256)
	s := newStage(t, key)
	at := func(d time.Duration) int64 { return s.Now().Add(d).Unix() }
	for name, more := range map[string]map[string]any{
		"just expired":      {"exp": at(-29 * time.Second)},
		"nearly valid":      {"nbf": at(29 * time.Second)},
		"issued just ahead": {"iat": at(29 * time.Second)},
		"no nbf and no iat": {"nbf": nil, "iat": nil},
		"one of many":       {"aud": []string{"other", testAudience}},
		"dates of fraction": {"exp": float64(at(time.Hour)) + 0.5},
	} {
		if _, err := s.verifier.Verify(t.Context(), key.sign(t, nil, s.claims(more))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, typ := range []string{"JWT", "jwt", "at+jwt", "application/at+jwt"} {
		if _, err := s.verifier.Verify(t.Context(), key.sign(t, map[string]any{"typ": typ}, s.claims(nil))); err != nil {
			t.Errorf("typ %s: %v", typ, err)
		}
	}
}

// A Supabase access token, with a user who wrote another clinic into the part
// that users may edit.
func TestVerifyReadsSupabaseTokens(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "key-1", algES256)
	s := newStage(t, key)
	raw := key.sign(t, nil, s.claims(map[string]any{
		"jti": nil, "email": "ana@sunrise.example", "phone": "", "role": "authenticated", "aal": "aal2",
		"amr":           []any{map[string]any{"method": "totp", "timestamp": 1774744200}, map[string]any{"method": "password", "timestamp": 1774744100}},
		"session_id":    "e2a7a1a4-0a39-4c0d-8f3c-3b2f4f9d5a0e",
		"app_metadata":  map[string]any{"provider": "email", "providers": []string{"email"}, "org_id": "sunrise-dental"},
		"user_metadata": map[string]any{"org_id": "harbor-skin", "email": "owner@harbor.example"},
		"is_anonymous":  false,
	}))
	got, err := s.verifier.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if !got.MFA || got.OrgChoice != "sunrise-dental" || got.Email != "ana@sunrise.example" {
		t.Errorf("claims %+v", got)
	}
	if !strings.HasPrefix(got.ID, "sha256:") || len(got.ID) != len("sha256:")+32 {
		t.Errorf("a token without jti is named %q", got.ID)
	}

	raw = key.sign(t, nil, s.claims(map[string]any{
		"user_metadata": map[string]any{"org_id": "harbor-skin"}, "app_metadata": nil, "org_id": "harbor-skin",
		"App_Metadata": map[string]any{"org_id": "harbor-skin"},
	}))
	if got, err = s.verifier.Verify(t.Context(), raw); err != nil || got.OrgChoice != "" {
		t.Errorf("org choice %q (%v) out of what the user may write", got.OrgChoice, err)
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		aal  string
		amr  methods
		want bool
	}{
		{"", nil, false},
		{"aal1", nil, false},
		{"aal2", nil, true},
		{"aal3", nil, true},
		{"AAL2", nil, false},
		{"aal1", methods{"mfa"}, false}, // the issuer's level decides
		{"aal1", methods{"otp"}, false}, // a Supabase magic link
		{"", methods{"pwd"}, false},
		{"", methods{"otp"}, false},
		{"", methods{"pwd", "pin"}, false}, // two, of one kind
		{"", methods{"otp", "sms"}, false},
		{"", methods{"mfa"}, true},
		{"", methods{"pwd", "otp"}, true},
		{"", methods{"password", "totp"}, true},
		{"", methods{"hwk", "pin"}, true},
		{"", methods{"webauthn", "fpt"}, true},
		{"", methods{"pwd", "sso", "geo"}, false},
	} {
		if got := secondFactor(tt.aal, tt.amr); got != tt.want {
			t.Errorf("aal %q, amr %q: MFA %v, want %v", tt.aal, tt.amr, got, tt.want)
		}
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	t.Parallel()
	ok := VerifierConfig{Issuer: "i", Audience: "a", JWKSURL: "https://id.example/jwks.json"}
	if _, err := NewVerifier(ok); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*VerifierConfig){
		"no issuer":       func(c *VerifierConfig) { c.Issuer = "" },
		"no audience":     func(c *VerifierConfig) { c.Audience = "" },
		"no JWKS":         func(c *VerifierConfig) { c.JWKSURL = "" },
		"relative JWKS":   func(c *VerifierConfig) { c.JWKSURL = "/jwks.json" },
		"JWKS in clear":   func(c *VerifierConfig) { c.JWKSURL = "http://id.example/jwks.json" },
		"JWKS in a file":  func(c *VerifierConfig) { c.JWKSURL = "file://localhost/jwks.json" },
		"negative leeway": func(c *VerifierConfig) { c.Leeway = -1 },
		"generous leeway": func(c *VerifierConfig) { c.Leeway = time.Hour },
	} {
		cfg := ok
		change(&cfg)
		if _, err := NewVerifier(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestVerifyStopsWaitingWithItsContext(t *testing.T) {
	t.Parallel()
	key := newSigner(t, "key-1", algES256)
	s := newStage(t, key)
	defer s.shut()()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.verifier.Verify(ctx, key.sign(t, nil, s.claims(nil))); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
