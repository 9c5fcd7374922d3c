package secret_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/secret"
)

func keys(t *testing.T) (*secret.Keyset, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyset.json")
	k, err := secret.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return k, path
}

func place(column string) secret.Place {
	return secret.Place{Org: uuid.New(), Row: uuid.New(), Column: column}
}

// A value opens where it was sealed, and nowhere else.
func TestASealedValueCannotBeMoved(t *testing.T) {
	t.Parallel()
	k, path := keys(t)
	here := place("integrations.credentials")
	sealed, err := k.Seal([]byte("sk-canary"), here.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("canary")) {
		t.Fatal("sealed in clear")
	}
	restarted, err := secret.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, reader := range map[string]*secret.Keyset{"same": k, "restarted": restarted} {
		if plain, err := reader.Open(sealed, here.Bytes()); err != nil || string(plain) != "sk-canary" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}

	otherOrg, otherRow, otherColumn := here, here, here
	otherOrg.Org, otherRow.Row, otherColumn.Column = uuid.New(), uuid.New(), "integrations.webhook_secret"
	swapped := secret.Place{Org: here.Row, Row: here.Org, Column: here.Column}
	for name, there := range map[string]secret.Place{
		"another clinic": otherOrg, "another row": otherRow, "another column": otherColumn, "swapped": swapped,
	} {
		if _, err := k.Open(sealed, there.Bytes()); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	foreign, _ := keys(t)
	if _, err := foreign.Open(sealed, here.Bytes()); !errors.Is(err, secret.ErrOpen) {
		t.Errorf("another keyset: %v", err)
	}
	for i := range sealed {
		bent := bytes.Clone(sealed)
		bent[i] ^= 1
		if _, err := k.Open(bent, here.Bytes()); !errors.Is(err, secret.ErrOpen) {
			t.Fatalf("byte %d bent: %v", i, err)
		}
	}
	again, err := k.Seal([]byte("sk-canary"), here.Bytes())
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("the same value seals alike: %v", err)
	}
}

// What has no key or no place is refused, by the zero values too.
func TestZeroValuesRefuse(t *testing.T) {
	t.Parallel()
	k, _ := keys(t)
	here := place("x.y").Bytes()
	for name, try := range map[string]struct {
		keyset *secret.Keyset
		aad    []byte
		want   error
	}{
		"nil keyset":  {nil, here, secret.ErrNoKey},
		"zero keyset": {&secret.Keyset{}, here, secret.ErrNoKey},
		"zero place":  {k, secret.Place{}.Bytes(), secret.ErrUnbound},
		"no org":      {k, secret.Place{Row: uuid.New(), Column: "x.y"}.Bytes(), secret.ErrUnbound},
		"no row":      {k, secret.Place{Org: uuid.New(), Column: "x.y"}.Bytes(), secret.ErrUnbound},
		"no column":   {k, secret.Place{Org: uuid.New(), Row: uuid.New()}.Bytes(), secret.ErrUnbound},
	} {
		if _, err := try.keyset.Seal([]byte("v"), try.aad); !errors.Is(err, try.want) {
			t.Errorf("%s: Seal: %v", name, err)
		}
		if _, err := try.keyset.Open([]byte("v"), try.aad); !errors.Is(err, try.want) {
			t.Errorf("%s: Open: %v", name, err)
		}
	}
}

// A rotation report reads the key's id off the sealed value.
func TestTheKeyOfASealedValueIsKnown(t *testing.T) {
	t.Parallel()
	k, path := keys(t)
	sealed, err := k.Seal([]byte("v"), place("x.y").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if id, err := secret.KeyIDOf(sealed); err != nil || id != k.KeyID() || id == 0 {
		t.Errorf("KeyIDOf = %d, %v; the keyset says %d", id, err, k.KeyID())
	}
	for _, no := range [][]byte{nil, {1, 2, 3}, {0, 1, 2, 3, 4, 5}} {
		if _, err := secret.KeyIDOf(no); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("KeyIDOf(%v): %v", no, err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, fmt.Append(nil, k.KeyID())) {
		t.Errorf("the file does not name key %d: %v", k.KeyID(), err)
	}
}

// No verb and no log line shows a key.
func TestAKeysetNeverShows(t *testing.T) {
	t.Parallel()
	k, path := keys(t)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, value, ok := strings.Cut(string(file), `"value":"`)
	if value, _, _ = strings.Cut(value, `"`); !ok || len(value) < 40 {
		t.Fatal("the file's form has changed")
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("started", "keys", k)
	slog.New(slog.NewTextHandler(&log, nil)).Info("started", "keys", k)
	want := fmt.Sprintf("keyset with primary key %d", k.KeyID())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, k); got != want {
			t.Errorf("%s shows %s", verb, got)
		}
		fmt.Fprintf(&log, verb, struct{ Keys *secret.Keyset }{k})
	}
	if strings.Contains(log.String(), value) || strings.Contains(log.String(), "aead") {
		t.Errorf("it shows: %s", &log)
	}
}

// A keyset that others may read, that is damaged, or that is there already is
// refused, and no error quotes it.
func TestKeysetFiles(t *testing.T) {
	t.Parallel()
	_, path := keys(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := secret.Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a keyset is replaced: %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, good) {
		t.Errorf("a refused Create changed the file: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".keyset-*")); err != nil || len(left) > 0 {
		t.Errorf("drafts are left: %v, %v", left, err)
	}
	if _, err := secret.Load(path + ".absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	for name, f := range map[string]struct {
		text []byte
		mode fs.FileMode
		want error
	}{
		"group may read":    {good, 0o640, secret.ErrReadable},
		"others may write":  {good, 0o602, secret.ErrReadable},
		"empty":             {nil, 0o600, secret.ErrKeyset},
		"no JSON":           {[]byte("canary-key"), 0o600, secret.ErrKeyset},
		"value not base64":  {bytes.Replace(good, []byte(`"value":"`), []byte(`"value":"?canary-key`), 1), 0o600, secret.ErrKeyset},
		"cut short":         {good[:len(good)/2], 0o600, secret.ErrKeyset},
		"without a prefix":  {bytes.ReplaceAll(good, []byte(`"TINK"`), []byte(`"RAW"`)), 0o600, secret.ErrKeyset},
		"another primitive": {bytes.ReplaceAll(good, []byte("XAesGcmKey"), []byte("HmacKey")), 0o600, secret.ErrKeyset},
		"disabled":          {bytes.ReplaceAll(good, []byte(`"ENABLED"`), []byte(`"DISABLED"`)), 0o600, secret.ErrKeyset},
	} {
		there := filepath.Join(t.TempDir(), "keyset.json")
		if err := os.WriteFile(there, f.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(there, f.mode); err != nil {
			t.Fatal(err)
		}
		_, err := secret.Load(there)
		if !errors.Is(err, f.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error quotes the file: %v", name, err)
		}
	}
}
