package local

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// pack makes an archive as npm does.
func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for name, text := range files {
		mode := int64(0o644)
		if strings.Contains(name, "/bin/") {
			mode = 0o755
		}
		must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(text))}))
		_, err := w.Write([]byte(text))
		must(t, err)
	}
	must(t, errors.Join(w.Close(), zip.Close()))
	return out.Bytes()
}

// fakeNPM is a program that leaves archive where it is called, as `npm pack`
// does.
func fakeNPM(t *testing.T, archive []byte) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "it.tgz"), archive, 0o600))
	npm := filepath.Join(dir, "npm")
	must(t, os.WriteFile(npm, []byte("#!/bin/sh\ncp '"+dir+"/it.tgz' .\n"), 0o700))
	return npm
}

func TestObtain(t *testing.T) {
	t.Parallel()
	const links = `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`
	good := map[string]string{
		"package/native/bin/initdb":        "i",
		"package/native/bin/postgres":      "p",
		"package/native/lib/libpq.so.5.18": "the library",
		"package/native/pg-symlinks.json":  links,
	}
	escape := map[string]string{"package/../../escaped": "x"}
	badLink := map[string]string{"package/native/pg-symlinks.json": `[{"source":"../../../a","target":"../../../escaped"}]`}
	for name, row := range map[string]struct {
		files   map[string]string
		changed bool
		want    string // what the error says
	}{
		"whole":              {files: good},
		"changed on the way": {files: good, changed: true, want: "not what was pinned"},
		"a file outside":     {files: escape, want: "escapes"},
		"a link outside":     {files: badLink, want: "escapes"},
		"no list of links":   {files: map[string]string{"package/native/bin/initdb": ""}, want: "pg-symlinks.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archived := pack(t, row.files)
			sum := sha512.Sum512(archived)
			integrity := "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
			if row.changed {
				archived = append(archived, 0)
			}
			home := filepath.Join(t.TempDir(), "cache", "postgres")
			must(t, os.Mkdir(filepath.Dir(home), 0o700))
			err := archive{}.obtain(t.Context(), fakeNPM(t, archived), "it", integrity, home)
			if row.want != "" {
				if err == nil || !strings.Contains(err.Error(), row.want) {
					t.Errorf("error %v does not say %q", err, row.want)
				}
				left, err := os.ReadDir(filepath.Dir(home))
				if err != nil || len(left) > 0 {
					t.Errorf("left behind: %v %v", left, err)
				}
				return
			}
			must(t, err)
			library, err := os.ReadFile(filepath.Join(home, "native", "lib", "libpq.so.5"))
			if err != nil || string(library) != "the library" {
				t.Errorf("through the link: %q, %v", library, err)
			}
			if info, err := os.Stat(filepath.Join(home, "native", "bin", "initdb")); err != nil || info.Mode()&0o100 == 0 {
				t.Errorf("initdb is no program: %v, %v", info, err)
			}
		})
	}
}

// What is in the cache needs neither npm nor a network.
func TestCached(t *testing.T) {
	t.Parallel()
	if _, ok := archives[runtime.GOOS+"/"+runtime.GOARCH]; !ok {
		t.Fatal("no build is pinned for this platform")
	}
	cache := t.TempDir()
	missing := func(string) (string, error) { return "", errors.New("npm is not here") }
	a := archive{cache: cache, lookPath: missing}
	if _, err := a.dir(t.Context()); err == nil || !strings.Contains(err.Error(), "npm is not here") {
		t.Errorf("from an empty cache without npm: %v", err)
	}
	bin := filepath.Join(cache, "postgres-"+pinned, "native", "bin")
	must(t, os.MkdirAll(bin, 0o700))
	got, err := a.dir(t.Context())
	if err != nil || got != bin {
		t.Errorf("dir() = %q, %v; want %q", got, err, bin)
	}
}
