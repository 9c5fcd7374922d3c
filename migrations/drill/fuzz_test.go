package drill_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/voxanne/cascade/policy"
)

// FuzzAlteredSeal cuts a piece out of a genuine seal and puts another in its
// place. Whatever comes of it is refused, or is the genuine seal.
func FuzzAlteredSeal(f *testing.F) {
	w := newWorld(f, 2)
	a := w.attack(f, everything(), policy.Contact)
	for _, seed := range []struct {
		at, cut int
		put     string
	}{
		{0, 0, "x"},
		{0, 4, "prod"},
		{4, 1, ""},
		{5, 64, strings.Repeat("0", 64)},
		{5, 64, ""},
		{69, 1, ".."},
		{70, 1 << 20, "{}"},
		{71, 0, `"p":1,`},
		{1 << 20, 0, " "},
		{0, 1 << 20, "null"},
		{70, 0, "\\u0000"},
		{0, 1 << 20, "test.\u00e9.{}"},
		{0, 1 << 20, ".."},
	} {
		f.Add(seed.at, seed.cut, seed.put)
	}
	f.Fuzz(func(t *testing.T, at, cut int, put string) {
		from := min(max(at, 0), len(a.seal))
		to := from + min(max(cut, 0), len(a.seal)-from)
		altered := a.seal[:from] + put + a.seal[to:]
		if altered == "" || strings.Contains(altered, "\x00") {
			return // no scope, and what Postgres cannot be sent
		}
		rows, refusal := a.opens(t, altered)
		if altered == a.seal {
			if rows == 0 || refusal != "" {
				t.Errorf("the genuine seal: %d rows, %q", rows, refusal)
			}
			return
		}
		want := "42501"
		if !utf8.ValidString(altered) {
			want = "22021"
		}
		if rows != 0 || refusal != want {
			t.Errorf("%q: %d rows, %q, want %s", altered, rows, refusal, want)
		}
	})
}

// FuzzSignedScope signs any text as the holder of the key, which only a mistake of
// the program could do. A scope that does not name an expiry to come and this
// backend opens nothing.
func FuzzSignedScope(f *testing.F) {
	w := newWorld(f, 2)
	a := w.attack(f, nil)
	for _, seed := range []string{
		``, `{}`, `[]`, `null`, `1`, `"x"`, `{"e":4102444800}`, `{"e":4102444800,"p":null}`, `{"e":"4102444800","p":"1"}`, `{"e":4102444800,"p":1,"r":{"contact":"{}"}}`,
		`{"p":1,"r":{"contact":"{aaaaaaaa-0000-7000-8000-000000000001}"}}`, `{"e":1e400,"p":1}`, `{"e":99999999999999999999,"p":1}`, `{"e":true,"p":[]}`, `{"e":4102444800,"p":1,"a":["contact"]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "\x00") {
			return
		}
		if rows, refusal := a.opens(t, sign(body)); rows != 0 || refusal == "" {
			t.Errorf("%q: %d rows, %q", body, rows, refusal)
		}
	})
}
