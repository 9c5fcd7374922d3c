package drill_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// opens tries a seal as a parameter, byte for byte, on a table with a row of
// every clinic. It returns the rows and the code of the refusal.
func (a *attacker) opens(t testing.TB, seal string) (rows int, refusal string) {
	t.Helper()
	if err := a.conn.Exec(t.Context(), "begin").Close(); err != nil {
		t.Fatal(err)
	}
	set := a.conn.ExecParams(t.Context(), `select set_config('app.scope', $1, true) is null`, [][]byte{[]byte(seal)}, nil, nil, nil).Read()
	if set.Err != nil {
		refusal = code(set.Err)
	} else {
		s := a.raw(t, `select from contacts`)
		rows, refusal = s.rows, s.code
		if leaked := a.w.leaks(s.text); len(leaked) > 0 {
			t.Errorf("%q tells of %v", seal, leaked)
		}
	}
	a.raw(t, "rollback")
	return rows, refusal
}

// Every bit of a genuine seal turned, every byte taken away, every byte doubled,
// and its end cut off anywhere: none of it opens anything.
func TestNoAlteredSealOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a := w.attack(t, everything(), policy.Contact)
	if rows, refusal := a.opens(t, a.seal); rows == 0 || refusal != "" {
		t.Fatalf("the genuine seal: %d rows, %s", rows, refusal)
	}
	tried := 0
	try := func(altered string) {
		t.Helper()
		if altered == a.seal || altered == "" || strings.Contains(altered, "\x00") {
			return
		}
		tried++
		want := "42501"
		if !utf8.ValidString(altered) {
			want = "22021" // Postgres refuses the parameter itself
		}
		if rows, refusal := a.opens(t, altered); rows != 0 || refusal != want {
			t.Errorf("%q: %d rows, %q, want %s", altered, rows, refusal, want)
		}
	}
	for i := range a.seal {
		for bit := range 8 {
			try(a.seal[:i] + string([]byte{a.seal[i] ^ 1<<bit}) + a.seal[i+1:])
		}
		try(a.seal[:i] + a.seal[i+1:])
		try(a.seal[:i] + a.seal[i:i+1] + a.seal[i:])
		try(a.seal[:i])
	}
	if tried < 2000 {
		t.Errorf("only %d were tried", tried)
	}
}

func TestNoForgedSealOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a := w.attack(t, everything(), policy.Contact)
	kid, rest, _ := strings.Cut(a.seal, ".")
	mac, body, _ := strings.Cut(rest, ".")
	scope, soon := w.scope(t, everything(), policy.Contact), time.Now().Add(time.Minute)
	other := w.attack(t, everything(), policy.Contact)
	stranger, err := rls.NewKey(kid, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.Exec(t, `insert into app.seal_keys (kid, inner_pad, outer_pad, retired_at) select 'retired', inner_pad, outer_pad, now() from app.seal_keys`)
	for name, seal := range map[string]string{
		"another backend's":              other.seal,
		"expired":                        w.Key.Seal(scope, a.conn.PID(), time.Now().Add(-time.Second)),
		"of a key of the same name":      stranger.Seal(scope, a.conn.PID(), soon),
		"of a key that is retired":       "retired." + rest,
		"two key ids":                    kid + "." + a.seal,
		"two macs":                       kid + "." + mac + "." + mac + "." + body,
		"the mac in capitals":            kid + "." + strings.ToUpper(mac) + "." + body,
		"no mac":                         kid + ".." + body,
		"no key id":                      "." + mac + "." + body,
		"no body":                        kid + "." + mac + ".",
		"a body of b's under a's mac":    kid + "." + mac + "." + strings.ReplaceAll(body, w.a.id.String(), w.b.id.String()),
		"a body with a second opinion":   a.seal[:len(a.seal)-1] + `,"r":{"contact":"{` + w.b.id.String() + `}"}}`,
		"white space around":             " " + a.seal + "\n",
		"very long":                      kid + "." + mac + "." + strings.Repeat("x", 1<<20),
		"many dots":                      strings.Repeat(".", 1<<16),
		"quotes":                         `' or true; select set_config('app.scope', '` + w.b.id.String() + `', true) --`,
		"a null in JSON":                 "null",
		"SQL":                            "(select inner_pad from app.seal_keys)",
		"a format":                       "%s%n%L%1$I",
		"an array":                       "{" + w.b.id.String() + "}",
		"not JSON, signed":               sign("." + body),
		"not JSON, signed, of nothing":   sign(""),
		"signed, no expiry":              sign(strings.Replace(body, `"e":`, `"x":`, 1)),
		"signed, expiry null":            sign(fmt.Sprintf(`{"e":null,"p":%d,"r":{"contact":"{%s}"}}`, a.conn.PID(), w.b.id)),
		"signed, no backend":             sign(strings.Replace(body, `"p":`, `"x":`, 1)),
		"signed, backend null":           sign(fmt.Sprintf(`{"e":%d,"p":null,"r":{"contact":"{%s}"}}`, soon.Unix(), w.b.id)),
		"signed, neither":                sign(fmt.Sprintf(`{"r":{"contact":"{%s}"}}`, w.b.id)),
		"signed, the last expiry is old": sign(fmt.Sprintf(`{"e":%d,"e":1,"p":%d,"r":{"contact":"{%s}"}}`, soon.Unix(), a.conn.PID(), w.b.id)),
	} {
		want := "42501"
		if strings.HasPrefix(name, "not JSON") {
			want = "22P02"
		}
		if rows, refusal := a.opens(t, seal); rows != 0 || refusal != want {
			t.Errorf("%s: %d rows, %q, want %s", name, rows, refusal, want)
		}
	}
	// What a scope of nothing and none at all have in common.
	for name, seal := range map[string]string{"none": "", "of the zero scope": w.Key.Seal(policy.Scope{}, a.conn.PID(), soon)} {
		if rows, refusal := a.opens(t, seal); rows != 0 || refusal != "" {
			t.Errorf("%s: %d rows, %q", name, rows, refusal)
		}
	}
}

// sign seals a body as the holder of the tests' key, which is 32 zero bytes: what
// only a mistake of the program could write.
func sign(body string) string {
	mac := hmac.New(sha256.New, make([]byte, 32))
	mac.Write([]byte(body))
	return "test." + hex.EncodeToString(mac.Sum(nil)) + "." + body
}
