package vapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/server/webhook/vapi"
)

// sentinel marks every string of the fixtures that must not survive.
const sentinel = "SENTINEL"

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// tree reads JSON with exact numbers.
func tree(tb testing.TB, body []byte) any {
	tb.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		tb.Fatalf("not JSON: %v\n%s", err, body)
	}
	return v
}

func redact(tb testing.TB, body string) string {
	tb.Helper()
	out, err := vapi.Redact([]byte(body))
	if err != nil {
		tb.Fatalf("redacting %s: %v", body, err)
	}
	return string(out)
}

// TestRedactTakesTheMarkedAndNothingElse compares whole documents: what is
// marked becomes the placeholder, every other value stays to the digit.
func TestRedactTakesTheMarkedAndNothingElse(t *testing.T) {
	t.Parallel()
	var expect func(v any) any
	expect = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for k := range v {
				v[k] = expect(v[k])
			}
		case []any:
			for i := range v {
				v[i] = expect(v[i])
			}
		case string:
			if strings.Contains(v, sentinel) {
				return vapi.Redacted
			}
		}
		return v
	}
	for _, name := range []string{"report.json", "report-2024.json"} {
		body := fixture(t, name)
		if !bytes.Contains(body, []byte(sentinel)) {
			t.Fatalf("%s marks nothing", name)
		}
		out, err := vapi.Redact(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expect(tree(t, body)), tree(t, out)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRedactCases(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"any case and punctuation", `{"TWILIO_AUTH_TOKEN":"x","Twilio-Account-Sid":"x","x-vapi-secret":"x"}`, `{"TWILIO_AUTH_TOKEN":"REDACTED","Twilio-Account-Sid":"REDACTED","x-vapi-secret":"REDACTED"}`},
		{"letters that fold into ASCII", `{"ſecret":"x","toKen":"x"}`, `{"toKen":"REDACTED","ſecret":"REDACTED"}`},
		{"whole objects and lists", `{"credential":{"a":1},"credentials":[{"key":"x"}],"headers":{"X-Clinic":"x"}}`, `{"credential":"REDACTED","credentials":"REDACTED","headers":"REDACTED"}`},
		{"null and empty stay", `{"credentialId":null,"secret":null,"recordingUrl":""}`, `{"credentialId":null,"recordingUrl":"","secret":null}`},
		{"names beside values", `[{"key":"Authorization","value":"x"},{"name":"api_key","value":"x"},{"name":"day","value":"x"}]`, `[{"key":"Authorization","value":"REDACTED"},{"name":"api_key","value":"REDACTED"},{"name":"day","value":"x"}]`},
		{"token counts are no tokens", `{"maxTokens":250,"timeToFirstToken":0.310,"promptTokens":1E3}`, `{"maxTokens":250,"promptTokens":1E3,"timeToFirstToken":0.310}`},
		{"json in a string", `{"arguments":"{\"day\": \"Monday\", \"authToken\": \"x\"}"}`, `{"arguments":"{\"authToken\":\"REDACTED\",\"day\":\"Monday\"}"}`},
		{"json in a string in a string", `["{\"a\":\"{\\\"secret\\\":1}\"}"]`, `["{\"a\":\"{\\\"secret\\\":\\\"REDACTED\\\"}\"}"]`},
		{"json in a string, left as it was", `["{\"day\":  \"Monday\" }"]`, `["{\"day\":  \"Monday\" }"]`},
		{"json in a string, first value shadowed", `["{\"a\":{\"secret\":\"x\"},\"a\":1}"]`, `["{\"a\":1}"]`},
		{"a signed url", `["https://media.example/a.wav?X-Amz-Signature=x","https://media.example/a.wav?page=2"]`, `["REDACTED","https://media.example/a.wav?page=2"]`},
		{"a signed url in text", `["see (https://media.example/a?x=1&sig=y) now"]`, `["see (REDACTED now"]`},
		{"a signed url, escaped name", `["https://media.example/a?X%2DAmz%2DSignature=x"]`, `["REDACTED"]`},
		{"a signed url in a url", `["https://a.example/?next=https%3A%2F%2Fb.example%3Ftoken%3Dx"]`, `["REDACTED"]`},
		{"a url with a password", `["postgres://u:p@db.example/x","https://me@example.com/"]`, `["REDACTED","https://me@example.com/"]`},
		{"the url of a live call", `["wss://phone.production.vapi.ai/1c/listen"]`, `["REDACTED"]`},
		{"a configuration in text", `["Error: twilioAuthToken: 'abc', serverUrlSecret=def; Authorization: Bearer ghi"]`, `["Error: twilioAuthToken: 'REDACTED', serverUrlSecret=REDACTED; Authorization: Bearer REDACTED"]`},
		{"what callers say", `["User: my secret is: less sugar. Control is the token: listen, doctor: ok"]`, `["User: my secret is: less sugar. Control is the token: listen, doctor: ok"]`},
		{"NUL", `{"a\u0000":"b\u0000"}`, "{\"a\uFFFD\":\"b\uFFFD\"}"},
		{"markup stays", `{"a":"<b>&\u2028"}`, `{"a":"<b>&\u2028"}`},
		{"numbers to the digit", `[1.10,-0,1e3,12345678901234567890.123456789]`, `[1.10,-0,1e3,12345678901234567890.123456789]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := redact(t, tc.in)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if again := redact(t, got); again != got {
				t.Errorf("again: %s", again)
			}
		})
	}
}

func TestRedactRefuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for in, want := range map[string]error{
		"":                       vapi.ErrMalformed,
		"{":                      vapi.ErrMalformed,
		`{"a":1} {"b":2}`:        vapi.ErrMalformed,
		`{"a":01}`:               vapi.ErrMalformed,
		deep(vapi.MaxDepth + 1):  vapi.ErrTooDeep,
		strings.Repeat("[", 1e6): vapi.ErrTooDeep,
		`[1e401]`:                vapi.ErrAbsurdNumber,
		`[{"a":` + strings.Repeat("9", 401) + `}]`: vapi.ErrAbsurdNumber,
		deep(vapi.MaxDepth):                        nil,
		`["a\"` + strings.Repeat("[", 70) + `"]`:   nil,
	} {
		if _, err := vapi.Redact([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%.40q: got %v, want %v", in, err, want)
		}
	}
}

// TestRedactNesting: JSON in strings is followed as far as anyone writes it;
// what is wrapped deeper is taken out unread.
func TestRedactNesting(t *testing.T) {
	t.Parallel()
	wrapped := func(times int) string {
		doc := `{"day":"Monday"}`
		for range times {
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			doc = string(text)
		}
		return doc
	}
	if in := wrapped(8); redact(t, in) != in {
		t.Error("eight times: not left as it was")
	}
	if got := redact(t, wrapped(10)); strings.Contains(got, "Monday") {
		t.Errorf("ten times: %s", got)
	}
	deep := `["` + strings.Repeat("[", vapi.MaxDepth+1) + `"]`
	if got := redact(t, deep); got != `["REDACTED"]` {
		t.Errorf("deep in a string: %s", got)
	}
}

// plants are the ways to hide a sentinel in a document.
var plants = []func(secret string) any{
	func(s string) any { return map[string]any{"twilioAuthToken": s} },
	func(s string) any { return map[string]any{"TWILIO_ACCOUNT_SID": "AC" + s} },
	func(s string) any { return map[string]any{"server": map[string]any{"secret": s}} },
	func(s string) any { return map[string]any{"credentials": []any{s, map[string]any{"a": s}}} },
	func(s string) any { return map[string]any{"monitor": map[string]any{"controlUrl": "https://x/" + s}} },
	func(s string) any { return map[string]any{"presignedPcapUrl": s} },
	func(s string) any { return map[string]any{"note": "at https://x/?a=1&X-Amz-Signature=" + s} },
	func(s string) any { return []any{"wss://u:" + s + "@x/"} },
	func(s string) any { return map[string]any{"name": "x-api-key", "value": s} },
}

// FuzzRedact: wherever a secret is planted and however often it is quoted, it
// is gone; what is left is JSON, and redacting it again changes nothing.
func FuzzRedact(f *testing.F) {
	f.Add([]byte(`{"message":{"type":"hang"}}`), uint8(0), uint8(0))
	f.Add([]byte(`["{\"a\":1}", "a://b?token=c", {"secret":{}}]`), uint8(3), uint8(2))
	f.Add([]byte("{\"a\\u0000\":1,\"a\":\"[[[\"}"), uint8(6), uint8(1))
	f.Add(fixture(f, "report-2024.json"), uint8(8), uint8(3))
	f.Fuzz(func(t *testing.T, doc []byte, plant, quotes uint8) {
		out, err := vapi.Redact(doc)
		if err != nil {
			if _, ok := errors.AsType[vapi.Refusal](err); !ok {
				t.Fatalf("%v is no Refusal", err)
			}
			return
		}
		again, err := vapi.Redact(out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%s\nbecame %s\nthen %s (%v)", doc, out, again, err)
		}
		if bytes.Contains(bytes.ToUpper(doc), []byte(sentinel)) {
			return
		}

		planted := plants[int(plant)%len(plants)](sentinel)
		for range quotes % 4 {
			text, err := json.Marshal(planted)
			if err != nil {
				t.Fatal(err)
			}
			planted = string(text)
		}
		body, err := json.Marshal([]any{json.RawMessage(doc), planted})
		if err != nil {
			t.Fatal(err)
		}
		out, err = vapi.Redact(body)
		if errors.Is(err, vapi.ErrTooDeep) {
			return // one deeper than it was
		}
		if err != nil {
			t.Fatalf("redacting %s: %v", body, err)
		}
		if bytes.Contains(out, []byte(sentinel)) {
			t.Fatalf("%s\nkeeps %s", body, out)
		}
		tree(t, out)
	})
}
