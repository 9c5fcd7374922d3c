package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A socket stays beside the data where it can, and has a plain place elsewhere
// where it cannot.
func TestSocketDir(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		dir    string
		beside bool
	}{
		"plain":                   {"plain", true},
		"too long for the kernel": {strings.Repeat("long", 30), false},
		"a list to pgx":           {"a,b", false},
		"blank":                   {"my clinic", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, err := os.MkdirTemp("/tmp", "s-") //nolint:usetesting // short enough for a socket's path
			must(t, err)
			t.Cleanup(func() { must(t, os.RemoveAll(base)) })
			dir := filepath.Join(base, row.dir)
			must(t, os.Mkdir(dir, 0o700))
			got, err := socketDir(dir, "postgres", socketName, self())
			must(t, err)
			if beside := strings.HasPrefix(got, dir); beside != row.beside {
				t.Errorf("socket in %s", got)
			}
			if len(got)+1+len(socketName) > longestSocket {
				t.Errorf("%s is too long", got)
			}
			info, err := os.Stat(got)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("not private: %v, %v", info.Mode(), err)
			}
			if again, err := socketDir(dir, "postgres", socketName, self()); err != nil || again != got {
				t.Errorf("the second time in %s, %v", again, err)
			}
			if !row.beside {
				must(t, os.RemoveAll(got))
			}
		})
	}
}

// Where someone else got there first, nothing is put.
func TestPrivateDirRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.Symlink(t.TempDir(), filepath.Join(dir, "link")))
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	paths := []string{filepath.Join(dir, "link"), filepath.Join(dir, "file")}
	if os.Geteuid() != 0 {
		paths = append(paths, "/")
	} else {
		foreign := filepath.Join(dir, "foreign")
		must(t, os.Mkdir(foreign, 0o700))
		must(t, os.Chown(foreign, 12345, 12345))
		paths = append(paths, foreign)
	}
	for _, path := range paths {
		if err := privateDir(path, 0o700, os.Geteuid()); err == nil || !strings.Contains(err.Error(), "not ours") {
			t.Errorf("%s: %v", path, err)
		}
	}
	open := filepath.Join(dir, "open")
	must(t, os.Mkdir(open, 0o755))
	must(t, privateDir(open, 0o700, os.Geteuid()))
	if info, err := os.Stat(open); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("left open: %v, %v", info.Mode(), err)
	}
}
