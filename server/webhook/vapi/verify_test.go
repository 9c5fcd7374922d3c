package vapi_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/server/webhook/vapi"
)

const (
	hangBody  = `{"message":{"type":"hang","call":{"id":"c1"}}}`
	hangProof = "a5350a3f52bb3bc157b6069b8ae4960068158e18db0d7ebff8f6c0b9c364b2a8"
)

// hangTime is the timestamp of the published vector.
var hangTime = time.Unix(1770000000, 0)

// headers makes a header of name, value pairs.
func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// sign is an HMAC by hand, so that the tests do not ask the code for its own
// opinion.
func sign(newHash func() hash.Hash, key, text string) []byte {
	mac := hmac.New(newHash, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func TestVerifyKnownVectors(t *testing.T) {
	t.Parallel()
	t.Run("vapi defaults", func(t *testing.T) {
		t.Parallel()
		q := vapi.Request{
			Header: headers("X-Signature", hangProof, "X-Timestamp", "1770000000"),
			Body:   []byte(hangBody),
		}
		if err := (vapi.Auth{Method: vapi.MethodHMAC}).Verify([]byte("test-secret"), q, hangTime); err != nil {
			t.Error(err)
		}
	})
	t.Run("standard webhooks", func(t *testing.T) {
		t.Parallel()
		q := vapi.Request{
			Header: headers("Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "Webhook-Timestamp", "1614265330",
				"Webhook-Signature", "v1a,AAAA v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
			Body: []byte(`{"test": 2432232314}`),
		}
		secret := []byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
		if err := vapi.StandardWebhooks().Verify(secret, q, time.Unix(1614265330, 0)); err != nil {
			t.Error(err)
		}
	})
}

func TestVerifyEveryForm(t *testing.T) {
	t.Parallel()
	const body, secret, url = `{"message":{"type":"x","note":"{timestamp}.{svix-id}"}}`, "s3cret-of-the-clinic", "https://api.example/webhooks/vapi/k1"
	milli := strconv.FormatInt(hangTime.UnixMilli(), 10)
	for _, tc := range []struct {
		name   string
		auth   string
		secret string
		header http.Header
	}{
		{"legacy secret", `{"method":"secret"}`, secret, headers("x-vapi-secret", secret)},
		{"secret in another header", `{"method":"secret","header":"X-Clinic-Key"}`, secret, headers("X-Clinic-Key", secret)},
		{"bearer", `{"method":"bearer"}`, secret, headers("Authorization", "Bearer "+secret)},
		{"bearer, scheme in lower case", `{"method":"bearer"}`, secret, headers("Authorization", "bearer "+secret)},
		{"bearer in the legacy header", `{"method":"bearer","header":"X-Vapi-Secret"}`, secret, headers("X-Vapi-Secret", secret)},
		{
			"sha512, base64, milliseconds", `{"method":"hmac","algorithm":"sha512","encoding":"base64"}`, secret,
			headers("x-timestamp", milli, "x-signature", base64.StdEncoding.EncodeToString(sign(sha512.New, secret, milli+"."+body))),
		},
		{
			"sha1, body alone, prefix", `{"method":"hmac","algorithm":"sha1","payloadFormat":"{body}","prefix":"sha1=","header":"X-Hub-Signature"}`, secret,
			headers("X-Hub-Signature", "sha1="+hex.EncodeToString(sign(sha1.New, secret, body))),
		},
		{
			"upper case hex", `{"method":"hmac","payloadFormat":"{body}"}`, secret,
			headers("x-signature", strings.ToUpper(hex.EncodeToString(sign(sha256.New, secret, body)))),
		},
		{
			"method and url", `{"method":"hmac","payloadFormat":"{method} {url}\n{timestamp}\n{body}","timestampHeader":"X-T"}`, secret,
			headers("X-T", "1770000000", "X-Signature", hex.EncodeToString(sign(sha256.New, secret, "POST "+url+"\n1770000000\n"+body))),
		},
		{
			"message id, base64 secret", `{"method":"hmac","payloadFormat":"{svix-id}|{body}","messageIdHeader":"X-Id","secretIsBase64":true}`,
			base64.StdEncoding.EncodeToString([]byte(secret)),
			headers("X-Id", "m-1", "X-Signature", hex.EncodeToString(sign(sha256.New, secret, "m-1|"+body))),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var auth vapi.Auth
			if err := json.Unmarshal([]byte(tc.auth), &auth); err != nil {
				t.Fatal(err)
			}
			q := vapi.Request{Method: "POST", URL: url, Header: tc.header, Body: []byte(body)}
			if err := auth.Verify([]byte(tc.secret), q, hangTime.Add(vapi.MaxSkew)); err != nil {
				t.Errorf("right secret: %v", err)
			}
			if err := auth.Verify([]byte("AAAA"+tc.secret), q, hangTime); !errors.Is(err, vapi.ErrBadSignature) {
				t.Errorf("wrong secret: %v", err)
			}
			if err := auth.Verify(nil, q, hangTime); !errors.Is(err, vapi.ErrBadSecret) {
				t.Errorf("no secret: %v", err)
			}
			q.Body = append([]byte(" "), q.Body...)
			if err := auth.Verify([]byte(tc.secret), q, hangTime); auth.Method == vapi.MethodHMAC && !errors.Is(err, vapi.ErrBadSignature) {
				t.Errorf("another body: %v", err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	hmacAuth := vapi.Auth{Method: vapi.MethodHMAC}
	good := headers("X-Signature", hangProof, "X-Timestamp", "1770000000")
	with := func(pairs ...string) http.Header {
		h := good.Clone()
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	twice := good.Clone()
	twice.Add("X-Timestamp", "1770000001")
	std := vapi.StandardWebhooks()
	for _, tc := range []struct {
		name   string
		auth   vapi.Auth
		secret string
		header http.Header
		now    time.Time
		want   error
	}{
		{"zero auth", vapi.Auth{}, "test-secret", good, hangTime, vapi.ErrNotConfigured},
		{"unknown method", vapi.Auth{Method: "none"}, "test-secret", good, hangTime, vapi.ErrNotConfigured},
		{"body unsigned", vapi.Auth{Method: vapi.MethodHMAC, PayloadFormat: "{timestamp}"}, "test-secret", good, hangTime, vapi.ErrNotConfigured},
		{"no headers", hmacAuth, "test-secret", nil, hangTime, vapi.ErrMissingSignature},
		{"empty signature", hmacAuth, "test-secret", with("X-Signature", ""), hangTime, vapi.ErrMissingSignature},
		{"no timestamp", hmacAuth, "test-secret", headers("X-Signature", hangProof), hangTime, vapi.ErrMissingTimestamp},
		{"timestamp twice", hmacAuth, "test-secret", twice, hangTime, vapi.ErrAmbiguousHeader},
		{"timestamp in words", hmacAuth, "test-secret", with("X-Timestamp", "now"), hangTime, vapi.ErrBadTimestamp},
		{"timestamp signed", hmacAuth, "test-secret", with("X-Timestamp", "-1770000000"), hangTime, vapi.ErrBadTimestamp},
		{"timestamp huge", hmacAuth, "test-secret", with("X-Timestamp", "99999999999999999999"), hangTime, vapi.ErrBadTimestamp},
		{"timestamp changed", hmacAuth, "test-secret", with("X-Timestamp", "1770000001"), hangTime, vapi.ErrBadSignature},
		{"wrong secret", hmacAuth, "test-Secret", good, hangTime, vapi.ErrBadSignature},
		{"signature cut", hmacAuth, "test-secret", with("X-Signature", hangProof[:62]), hangTime, vapi.ErrBadSignature},
		{"prefix missing", vapi.Auth{Method: vapi.MethodHMAC, Prefix: "sha256="}, "test-secret", good, hangTime, vapi.ErrBadSignature},
		{"another hash", vapi.Auth{Method: vapi.MethodHMAC, Algorithm: vapi.SHA512}, "test-secret", good, hangTime, vapi.ErrBadSignature},
		{"too old", hmacAuth, "test-secret", good, hangTime.Add(vapi.MaxSkew + time.Second), vapi.ErrStaleTimestamp},
		{"from the future", hmacAuth, "test-secret", good, hangTime.Add(-vapi.MaxSkew - time.Second), vapi.ErrStaleTimestamp},
		{"no message id", std, "whsec_MfKQ9r8G", headers("webhook-signature", "v1,AAAA", "webhook-timestamp", "1770000000"), hangTime, vapi.ErrMissingMessageID},
		{"secret not base64", std, "whsec_%%%", headers("webhook-signature", "v1,AAAA"), hangTime, vapi.ErrBadSecret},
		{"secret a prefix", vapi.Auth{Method: vapi.MethodSecret}, "test-secret", headers("X-Vapi-Secret", "test-secre"), hangTime, vapi.ErrBadSignature},
		{"secret twice", vapi.Auth{Method: vapi.MethodSecret}, "a", headers("X-Vapi-Secret", "a", "X-Vapi-Secret", "b"), hangTime, vapi.ErrAmbiguousHeader},
		{"token without scheme", vapi.Auth{Method: vapi.MethodBearer}, "tok", headers("Authorization", "tok"), hangTime, vapi.ErrBadSignature},
		{"scheme without token", vapi.Auth{Method: vapi.MethodBearer}, "tok", headers("Authorization", "Bearer "), hangTime, vapi.ErrBadSignature},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := tc.auth.Verify([]byte(tc.secret), vapi.Request{Header: tc.header, Body: []byte(hangBody)}, tc.now)
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if r, ok := errors.AsType[vapi.Refusal](err); !ok || r.Reason() == "" {
				t.Errorf("%v carries no reason", err)
			}
		})
	}
}

func TestAuthIsReadStrictly(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`{}`, `{"method":""}`, `{"method":"HMAC"}`, `{"method":"hmac","algo":"sha256"}`,
		`{"method":"hmac","algorithm":"md5"}`, `{"method":"hmac","encoding":"base32"}`,
		`{"method":"hmac","payloadFormat":"{bdy}"}`, `{"method":"hmac","payloadFormat":"{body"}`,
		`{"method":"hmac","payloadFormat":"{svix-id}.{body}"}`, `{"method":"hmac","header":"X Sig"}`,
		`{"method":"hmac","timestampHeader":"a:b"}`, `{"method":"hmac","prefix":"v1 "}`,
		`{"method":"secret","algorithm":"sha256"}`, `{"method":1}`, `[]`,
	} {
		auth := vapi.Auth{Method: vapi.MethodSecret}
		if err := json.Unmarshal([]byte(bad), &auth); err == nil {
			t.Errorf("%s was taken as %+v", bad, auth)
		}
	}
	std := vapi.StandardWebhooks()
	text, err := json.Marshal(std)
	if err != nil {
		t.Fatal(err)
	}
	var again vapi.Auth
	if err := json.Unmarshal(text, &again); err != nil || again != std {
		t.Errorf("%s became %+v, %v", text, again, err)
	}
}

// FuzzVerify: what is signed verifies; one other byte anywhere does not, and
// nothing panics.
func FuzzVerify(f *testing.F) {
	f.Add([]byte(hangBody), "test-secret", "X", uint16(3), int64(0))
	f.Add([]byte{}, "k", "a5350a", uint16(0), int64(301))
	f.Fuzz(func(t *testing.T, body []byte, secret, junk string, flip uint16, late int64) {
		if secret == "" {
			return
		}
		late %= 1000
		auth := vapi.Auth{Method: vapi.MethodHMAC}
		proof := hex.EncodeToString(sign(sha256.New, secret, "1770000000."+string(body)))
		q := vapi.Request{Header: headers("x-timestamp", "1770000000", "x-signature", proof), Body: body}
		err := auth.Verify([]byte(secret), q, hangTime.Add(time.Duration(late)*time.Second))
		if late >= -300 && late <= 300 {
			if err != nil {
				t.Fatalf("signed, %d s late: %v", late, err)
			}
		} else if !errors.Is(err, vapi.ErrStaleTimestamp) {
			t.Fatalf("signed, %d s late: %v", late, err)
		}
		if len(body) > 0 {
			other := append([]byte{}, body...)
			other[int(flip)%len(other)] ^= byte(flip>>8) | 1
			q.Body = other
			if err := auth.Verify([]byte(secret), q, hangTime); !errors.Is(err, vapi.ErrBadSignature) {
				t.Fatalf("changed body: %v", err)
			}
		}
		for _, a := range []vapi.Auth{auth, vapi.StandardWebhooks(), {Method: vapi.MethodBearer}, {Method: vapi.MethodSecret, Prefix: junk}} {
			h := headers("x-signature", junk, "x-timestamp", junk, "webhook-id", junk, "webhook-timestamp", junk,
				"webhook-signature", junk, "authorization", junk, "x-vapi-secret", junk)
			err := a.Verify([]byte(secret+junk+"!"), vapi.Request{Header: h, Body: body}, hangTime)
			if err == nil {
				t.Fatalf("%+v believed %q", a, junk)
			}
		}
	})
}
