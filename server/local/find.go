package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version that Cascade runs on.
const oldest = 15

// installation is a Postgres that runs here.
type installation struct {
	dir     string // holds initdb and postgres
	version string // such as 15.18
	major   int
	account account // whom it runs as
}

// finder looks for an installation of Postgres: the one named, PATH, where the
// systems' packages put it, and last the one that fetch obtains.
type finder struct {
	named    string
	lookPath func(file string) (string, error)
	packaged []string // patterns of directories
	fetch    func(context.Context) (dir string, err error)
	probe    func(ctx context.Context, dir string) (installation, error)
	// major is the version that made the data that is there, 0 for none. No
	// other version can open it.
	major int
}

// newFinder looks on this machine for a Postgres for data.
func newFinder(c PostgresConfig, data string) (finder, error) {
	users, err := accounts()
	if err != nil {
		return finder{}, err
	}
	major, err := dataVersion(data)
	if err != nil {
		return finder{}, err
	}
	return finder{
		named:    c.PGBin,
		lookPath: exec.LookPath,
		packaged: []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"},
		fetch:    archive{cache: c.CacheDir, progress: c.Progress, lookPath: exec.LookPath}.dir,
		probe: func(ctx context.Context, dir string) (installation, error) {
			return probe(ctx, dir, users)
		},
		major: major,
	}, nil
}

// find returns the first installation that will do. One that was named is the
// only candidate: to pass over it in silence would run what nobody chose.
func (f finder) find(ctx context.Context) (installation, error) {
	if f.named != "" {
		found, err := f.try(ctx, f.named)
		if err != nil {
			return installation{}, fmt.Errorf("the Postgres asked for: %w", err)
		}
		return found, nil
	}
	var why []error
	for _, candidate := range []func(context.Context) ([]string, error){f.onPath, f.byPackage, f.fetched} {
		dirs, err := candidate(ctx)
		if err != nil {
			why = append(why, err)
		}
		for _, dir := range dirs {
			found, err := f.try(ctx, dir)
			if err == nil {
				return found, nil
			}
			why = append(why, err)
		}
		if err := ctx.Err(); err != nil {
			return installation{}, fmt.Errorf("looking for Postgres: %w", err)
		}
	}
	want := fmt.Sprintf("Postgres %d or newer", oldest)
	if f.major > 0 {
		want = fmt.Sprintf("Postgres %d, which made the data that is there,", f.major)
	}
	return installation{}, fmt.Errorf("%s was not found; install it (apt install postgresql, dnf install postgresql-server, "+
		"brew install postgresql@18), or npm with which to obtain it, or name its bin directory in PG_BIN; tried:\n%w", want, errors.Join(why...))
}

// try holds one directory to what is needed.
func (f finder) try(ctx context.Context, dir string) (installation, error) {
	for _, program := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, program)); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return installation{}, fmt.Errorf("%s: holds no program %s", dir, program)
		}
	}
	found, err := f.probe(ctx, dir)
	switch {
	case err != nil:
		return installation{}, fmt.Errorf("%s: %w", dir, err)
	case found.major < oldest:
		return installation{}, fmt.Errorf("%s: version %s is older than %d", dir, found.version, oldest)
	case f.major > 0 && found.major != f.major:
		return installation{}, fmt.Errorf("%s: version %s cannot open data made by version %d", dir, found.version, f.major)
	}
	return found, nil
}

// onPath looks for initdb, not for postgres: a lone postgres, as some images
// link it, is of no use, and initdb wants the postgres beside its real self.
func (f finder) onPath(context.Context) ([]string, error) {
	initdb, err := f.lookPath("initdb")
	if err != nil {
		return nil, fmt.Errorf("PATH: %w", err)
	}
	if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
		return nil, fmt.Errorf("PATH: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(initdb))
	return []string{dir}, err
}

// byPackage lists the packages' directories, newest version first.
func (f finder) byPackage(context.Context) ([]string, error) {
	var dirs []string
	for _, pattern := range f.packaged {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("looking for packages: %w", err)
		}
		dirs = append(dirs, found...)
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return cmp.Compare(packageVersion(b), packageVersion(a)) })
	if len(dirs) == 0 {
		return nil, fmt.Errorf("packages: nothing at %s", strings.Join(f.packaged, ", "))
	}
	return dirs, nil
}

// packageVersion reads 15 out of /usr/lib/postgresql/15/bin.
func packageVersion(dir string) int {
	name := filepath.Base(filepath.Dir(dir))
	v, err := strconv.ParseFloat(name[strings.LastIndexAny(name, "-@")+1:], 64)
	if err != nil {
		return 0
	}
	return int(v)
}

func (f finder) fetched(ctx context.Context) ([]string, error) {
	dir, err := f.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	return []string{dir}, nil
}
