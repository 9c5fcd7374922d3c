package auth

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
)

func newKey(t *testing.T) Key {
	t.Helper()
	key, err := NewKey(rand.Reader, true)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestNewKeyHasTheForm(t *testing.T) {
	t.Parallel()
	// Written down once, so that a change of form cannot pass: every key that
	// partners hold would stop working.
	for _, tt := range []struct {
		random string
		live   bool
		want   string
	}{
		{strings.Repeat("\x00", 20), true, "vox_live_0000000000000000000000000004c4FIL"},
		{strings.Repeat("\xff", 20), false, "vox_test_AwGeptL1TMEBFSqZfp4BXWGY80v02H1tD"},
	} {
		key, err := NewKey(strings.NewReader(tt.random), tt.live)
		if err != nil {
			t.Fatal(err)
		}
		if key.Reveal() != tt.want {
			t.Errorf("key %s, want %s", key.Reveal(), tt.want)
		}
		if key.Live() != tt.live {
			t.Errorf("live %v", key.Live())
		}
	}
	if _, err := NewKey(strings.NewReader("short"), true); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a key of too little randomness: %v", err)
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	text := key.Reveal()
	got, err := ParseKey(text)
	if err != nil || got != key {
		t.Fatalf("key %v, error %v", got, err)
	}
	// Any one digit changed is noticed without asking anybody.
	for i := range text {
		changed := []byte(text)
		changed[i] = '0'
		if text[i] == '0' {
			changed[i] = '1'
		}
		if _, err := ParseKey(string(changed)); !errors.Is(err, ErrAPIKey) {
			t.Errorf("digit %d changed: %v", i, err)
		}
	}
	for _, bad := range []string{
		"", "vox_live_", text[:len(text)-1], text + "0", " " + text, strings.ToUpper(text), text[len("vox_live_"):],
		"vox_test_" + text[len("vox_live_"):], strings.Repeat("x", len(text)), "vox_live_" + strings.Repeat("-", 33),
	} {
		if _, err := ParseKey(bad); !errors.Is(err, ErrAPIKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestKeyMatchesItsHashAlone(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	if !key.Matches(key.Hash()) {
		t.Error("a key does not match its own hash")
	}
	if key.Matches(other.Hash()) || key.Matches([32]byte{}) {
		t.Error("a key matches a hash that is not its own")
	}
	if none := (Key{}); none.Matches(none.Hash()) || none.PublicID() != "" || none.LastFour() != "" {
		t.Error("the zero key is something")
	}
	if text := key.Reveal(); key.PublicID() != text[9:19] || key.LastFour() != text[38:] {
		t.Errorf("public id %q and last four %q of another key", key.PublicID(), key.LastFour())
	}
}

func TestKeyNeverPrintsItself(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
		fmt.Fprintf(&printed, verb+verb+verb+"\n", key, struct{ Key Key }{key}, struct{ key Key }{key})
	}
	slog.New(slog.NewTextHandler(&printed, nil)).Info("made", "key", key, "in", struct{ key Key }{key})
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("made", "key", key, "in", struct{ Key Key }{key})
	if err := json.NewEncoder(&printed).Encode(map[string]any{"key": key}); err != nil {
		t.Fatal(err)
	}
	secret := key.Reveal()[prefixLength+idLength : keyLength-4]
	if strings.Contains(printed.String(), secret) || strings.Contains(printed.String(), fmt.Sprintf("%x", secret)) {
		t.Errorf("the secret was printed:\n%s", &printed)
	}
	if want := key.Reveal()[:19] + "..." + key.LastFour(); !strings.Contains(printed.String(), want) {
		t.Errorf("the redacted form %s is nowhere", want)
	}
}

func FuzzParseKey(f *testing.F) {
	key, err := NewKey(strings.NewReader(strings.Repeat("seed", 5)), true)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "vox_", "vox_live_", key.Reveal(), key.String(), key.Reveal() + "\x00", strings.Repeat("é", 21)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			if !errors.Is(err, ErrAPIKey) || key != (Key{}) {
				t.Fatalf("refused with %v and key %v", err, key)
			}
			return
		}
		if key.Reveal() != text || !strings.HasPrefix(text, key.String()[:prefixLength+idLength]) {
			t.Fatalf("%q became %q", text, key.Reveal())
		}
	})
}
