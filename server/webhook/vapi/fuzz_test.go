package vapi

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// FuzzAuth: the settings of an endpoint are refused, or they can verify, and
// are the same settings when they are written and read again.
func FuzzAuth(f *testing.F) {
	for _, text := range []string{
		`{"method":"secret"}`, `{"method":"bearer","header":"X-Token","prefix":"Token "}`, `{"method":"hmac"}`,
		`{"method":"hmac","header":"webhook-signature","prefix":"v1,","encoding":"base64","timestampHeader":"webhook-timestamp","messageIdHeader":"webhook-id","payloadFormat":"{svix-id}.{timestamp}.{body}","secretIsBase64":true}`,
		`{"method":"hmac","payloadFormat":"{timestamp}"}`, `{"method":"hmac","payloadFormat":"{body}{"}`, `{"method":"hmac","payloadFormat":"{body}.{unknown}"}`,
		`{"method":"hmac","algorithm":"md5"}`, `{"method":"none"}`, `{}`, `null`, `{"method":"secret","algorithm":"sha256"}`, `{"method":"secret","header":"a b"}`,
		`{"method":"secret","METHOD":"hmac"}`, `{"method":"hmac","hmac":true}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var a Auth
		if err := json.Unmarshal(text, &a); err != nil {
			if a != (Auth{}) {
				t.Fatalf("%s is refused and leaves %+v", text, a)
			}
			return
		}
		if a == (Auth{}) {
			if strings.TrimSpace(string(text)) != "null" {
				t.Fatalf("%s is no settings at all", text)
			}
			return
		}
		if err := a.Validate(); err != nil {
			t.Fatalf("%s reads as %+v: %v", text, a, err)
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var b Auth
		if err := json.Unmarshal(again, &b); err != nil || a != b {
			t.Fatalf("%s reads as %+v, then %+v (%v)", text, a, b, err)
		}
		full := a.withDefaults()
		if full.withDefaults() != full || full.Validate() != nil {
			t.Fatalf("%+v is not what %+v stands for", full, a)
		}
	})
}

// FuzzFormat: a payload format is refused, or its parts are its text, so that
// nothing of it is left unsigned.
func FuzzFormat(f *testing.F) {
	for _, s := range []string{"{timestamp}.{body}", "{svix-id}.{timestamp}.{body}", "{body}", "{", "}", "{}", "{{body}}", "a{method}b{url}c", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts, ok := parseFormat(s)
		if !ok {
			return
		}
		var again strings.Builder
		parts.writeTo(&again, map[place]string{
			placeTimestamp: "{timestamp}", placeID: "{svix-id}", placeMethod: "{method}", placeURL: "{url}",
		}, []byte("{body}"))
		if again.String() != s {
			t.Fatalf("%q is read as %q", s, &again)
		}
	})
}

// FuzzScaled: amounts are what exact arithmetic makes of their text, rounded
// half away from zero.
func FuzzScaled(f *testing.F) {
	for _, s := range []string{"0.2874", "-0.5", "1e3", "1E-3", "0.0000005", "-1.5e-6", "999999999999999999", "9.9999995", ".5", "5.", "-", "", "1e", "1e400", "NaN", "0x1p3", "٣"} {
		f.Add(s, uint8(6))
	}
	f.Fuzz(func(t *testing.T, s string, places uint8) {
		places %= 10
		got, ok := scaled(json.Number(s), int(places))
		exact, number := new(big.Rat).SetString(s)
		if !json.Valid([]byte(s)) || !number || len(s) > 400 {
			return // scaled reads what a JSON decoder took for a number
		}
		exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)))
		half := big.NewRat(int64(exact.Sign()), 2)
		exact.Add(exact, half)
		want := new(big.Int).Quo(exact.Num(), exact.Denom()) // towards zero
		digits := len(new(big.Int).Abs(want).String())
		switch {
		case ok && (!want.IsInt64() || want.Int64() != got):
			t.Fatalf("%s with %d places is %d, want %s", s, places, got, want)
		case !ok && digits <= 17 && !absurd(json.Number(s)):
			t.Fatalf("%s with %d places is refused, and is %s", s, places, want)
		}
	})
}

// FuzzTimestamp: a timestamp is digits alone, of a time that can be said.
func FuzzTimestamp(f *testing.F) {
	for _, s := range []string{"1770000000", "1770000000000", "0", "-1", "+1", " 1", "1e9", "99999999999", "9223372036854775807", "٣", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := parseTimestamp(s)
		if err != nil {
			if !errors.Is(err, ErrBadTimestamp) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		n, ok := new(big.Int).SetString(s, 10)
		if !ok || s[0] < '0' || s[0] > '9' {
			t.Fatalf("%q is %v", s, at)
		}
		if n.Cmp(big.NewInt(at.Unix())) != 0 && n.Cmp(big.NewInt(at.UnixMilli())) != 0 {
			t.Fatalf("%q is %v", s, at)
		}
	})
}
