package workshop_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/workshop"
)

// desk is where somebody runs commands, at a time of the test's.
type desk struct {
	dir string
	now time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{t.TempDir(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) run(t *testing.T, args ...string) (out, notes string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := workshop.Command(workshop.Config{Out: &stdout, Err: &stderr, Now: func() time.Time { return d.now }, Dir: d.dir})
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

func (d *desk) must(t *testing.T, args ...string) string {
	t.Helper()
	out, _, err := d.run(t, args...)
	if err != nil {
		t.Fatalf("policy %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// refuses runs a command that is to find something, which is its error.
func (d *desk) refuses(t *testing.T, want string, args ...string) {
	t.Helper()
	_, _, err := d.run(t, args...)
	if found := (workshop.Found{}); !errors.As(err, &found) || !strings.Contains(err.Error(), want) {
		t.Errorf("policy %s: got %v, want %s", strings.Join(args, " "), err, want)
	}
}

// keygen makes a key and returns its two files.
func (d *desk) keygen(t *testing.T, dir string) (private, public string) {
	t.Helper()
	d.must(t, "keygen", "--out", d.path(dir))
	private, public = glob(t, d.path(dir+"/*.key")), glob(t, d.path(dir+"/*.pub"))
	info, err := os.Stat(private)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the signing key's mode is %v (%v)", info.Mode(), err)
	}
	return private, public
}

func glob(t *testing.T, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %q, %v", pattern, names, err)
	}
	return names[0]
}

// A pipeline signs what lies in git; whoever gets the file can prove it, in its
// time, and cannot change a letter of it.
func TestSignedPoliciesAreVerified(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	private, public := d.keygen(t, "keys")
	_, stranger := d.keygen(t, "theirs")
	folder, file := d.path("candidate"), d.path("policy.tar.gz")
	if err := os.CopyFS(folder, rego.Files); err != nil {
		t.Fatal(err)
	}
	d.must(t, "sign", folder, "--key", private, "--sequence", "12", "--expires", "30d",
		"--author", "usr_ada", "--approver", "usr_bob", "--approver", "usr_cyd", "--note", "CHG-1042", "--out", file)

	out := d.must(t, "verify", file, "--keys", stranger, "--keys", public, "--after", "11")
	for _, word := range []string{"sequence   12", "2026-11-23T12:00:00Z until 2026-12-23T12:00:00Z", "usr_ada", `["usr_bob" "usr_cyd"]`, "CHG-1042", "cascade/access.rego", "schema/input.json"} {
		if !strings.Contains(out, word) {
			t.Errorf("it does not say %s:\n%s", word, out)
		}
	}
	var said struct {
		Revision, Digest, Author string
		Sequence                 int64
		Files                    []string
	}
	if err := json.Unmarshal([]byte(d.must(t, "verify", file, "--keys", public, "--json")), &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Revision) != 16 || len(said.Digest) != 64 || said.Author != "usr_ada" || said.Sequence != 12 || len(said.Files) < 10 {
		t.Errorf("it says %+v", said)
	}

	d.refuses(t, "unknown_key", "verify", file, "--keys", stranger)
	d.refuses(t, "stale: its sequence number is 12 and the active one is 12", "verify", file, "--keys", public, "--after", "12")
	d.now = d.now.Add(30 * 24 * time.Hour)
	d.refuses(t, "expired", "verify", file, "--keys", public)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	d.refuses(t, "malformed", "verify", file, "--keys", public)
}

// What another tool packed becomes a folder to edit, and that a signed bundle.
func TestABundleIsImportedEditedAndSigned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	private, public := d.keygen(t, "keys")
	d.must(t, "export", "--out", d.path("standard.tar.gz"))
	_, notes, err := d.run(t, "verify", d.path("standard.tar.gz"), "--keys", public)
	if err == nil || !strings.Contains(err.Error(), "unsigned") || !strings.Contains(notes, "which nothing proves") {
		t.Errorf("an export was verified: %v\n%s", err, notes)
	}
	if out := d.must(t, "import", d.path("standard.tar.gz"), "--show"); !strings.Contains(out, "it is not signed") {
		t.Errorf("it says of itself:\n%s", out)
	}
	folder := d.path("candidate")
	d.must(t, "import", d.path("standard.tar.gz"), "--out", folder)
	if diff := cmp.Diff(contents(t, rego.Files), contents(t, os.DirFS(folder))); diff != "" {
		t.Error(diff)
	}
	if _, _, err := d.run(t, "import", d.path("standard.tar.gz"), "--out", folder); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it was imported over another: %v", err)
	}
	// A bundle of other origin has no schema; the folder gets this program's.
	if err := os.WriteFile(d.path("bare.tar.gz"), archive(t, "/cascade/access.rego", "package cascade.access\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.must(t, "import", d.path("bare.tar.gz"), "--out", d.path("again"))
	want := map[string]string{"cascade/access.rego": "package cascade.access\n", "schema/input.json": contents(t, rego.Files)["schema/input.json"]}
	if diff := cmp.Diff(want, contents(t, os.DirFS(d.path("again")))); diff != "" {
		t.Error(diff)
	}
	d.must(t, "sign", d.path("again"), "--key", private, "--sequence", "1", "--out", d.path("signed.tar.gz"))
	d.must(t, "verify", d.path("signed.tar.gz"), "--keys", public)
	if left, err := filepath.Glob(d.path(".policy-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// archive is a bundle of one file, made by hand.
func archive(t *testing.T, name, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	files := tar.NewWriter(zip)
	if err := files.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	_, err := files.Write([]byte(text))
	if err := errors.Join(err, files.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// contents are the policies, tests and schema of files.
func contents(t *testing.T, files fs.FS) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".rego" && name != "schema/input.json" {
			return err
		}
		text, err := fs.ReadFile(files, name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What cannot be done writes nothing, and says why.
func TestShippingRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	private, public := d.keygen(t, "keys")
	open, secret := d.path("open.key"), d.path("none.key")
	text, err := os.ReadFile(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{open: 0o644, secret: 0o600} {
		if err := os.WriteFile(name, text, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(secret, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := d.path("out.tar.gz")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"a key that others may read":   {[]string{"sign", "--key", open, "--sequence", "1", "--out", out}, "chmod 600"},
		"a key that is none":           {[]string{"sign", "--key", secret, "--sequence", "1", "--out", out}, "want an ECDSA key"},
		"a key that is not there":      {[]string{"sign", "--key", d.path("x"), "--sequence", "1", "--out", out}, "no such file"},
		"no number":                    {[]string{"sign", "--key", private, "--out", out}, "sequence"},
		"number zero":                  {[]string{"sign", "--key", private, "--sequence", "0", "--out", out}, "not positive"},
		"no time":                      {[]string{"sign", "--key", private, "--sequence", "1", "--expires", "0d", "--out", out}, "want a length of time"},
		"a time without end":           {[]string{"sign", "--key", private, "--sequence", "1", "--expires", "999999999d", "--out", out}, "want a length of time"},
		"approved by its author":       {[]string{"sign", "--key", private, "--sequence", "1", "--author", "usr_ada", "--approver", "usr_ada", "--out", out}, "approved what they wrote"},
		"a folder without policies":    {[]string{"sign", d.path("keys"), "--key", private, "--sequence", "1", "--out", out}, "no"},
		"verifying with no key":        {[]string{"verify", open}, "keys"},
		"verifying with a signing key": {[]string{"verify", open, "--keys", private}, "want an ECDSA key"},
		"verifying what is no bundle":  {[]string{"verify", public, "--keys", public}, "malformed"},
		"importing what is no bundle":  {[]string{"import", public, "--out", d.path("new")}, "malformed"},
		"importing to nowhere":         {[]string{"import", public}, "out"},
	} {
		_, _, err := d.run(t, test.args...)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
	for _, name := range []string{"out.tar.gz", "new"} {
		if _, err := os.Stat(d.path(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was written (%v)", name, err)
		}
	}
}
