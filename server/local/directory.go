package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// longestSocket is the longest path of a Unix socket that every system takes:
// Linux has room for 107 bytes, the BSDs for 103.
const longestSocket = 103

// privateDir makes path a directory with mode that belongs to uid or to us, or
// refuses. What lies below a shared temporary directory may have been put there
// by someone else, to read along.
func privateDir(path string, mode fs.FileMode, uid int) error {
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making a private directory: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("making a private directory: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || (int(st.Uid) != os.Geteuid() && int(st.Uid) != uid) {
		return fmt.Errorf("making a private directory: %s is there already and not ours; remove it", path)
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("making a private directory: %w", err)
	}
	return nil
}

// socketDir makes the private directory in which a server of dir keeps its
// socket: below dir where it can, so that all is in one place, and otherwise
// one with a short, plain name that is always the same for the same dir.
//
// It cannot where the path of the socket would be too long for the kernel,
// holds what a connection string gives a meaning, or cannot be reached by an
// account that is not ours.
func socketDir(dir, server, socket string, a account) (string, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", dir, server, a.uid))
	short := filepath.Join("cascade-"+strconv.Itoa(os.Geteuid()), hex.EncodeToString(sum[:8]))
	paths := []string{filepath.Join(dir, server+"-run"), filepath.Join(os.TempDir(), short), filepath.Join("/tmp", short)}
	for i, path := range paths {
		if len(path)+len("/")+len(socket) > longestSocket || strings.ContainsAny(path, " ,\"'\\\t\n") || (i == 0 && a.other) {
			continue
		}
		if i > 0 {
			// Others may pass through, not look.
			if err := privateDir(filepath.Dir(path), 0o711, os.Geteuid()); err != nil {
				return "", err
			}
		}
		if err := privateDir(path, 0o700, a.uid); err != nil {
			return "", err
		}
		return path, a.own(path)
	}
	return "", fmt.Errorf("the path of a socket would be too long or hold odd characters: tried %s", strings.Join(paths, ", "))
}
