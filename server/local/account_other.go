//go:build unix && !linux

package local

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strconv"
	"syscall"
)

// inheritsByPath is false: only Linux names what a process inherited.
const inheritsByPath = false

// enterNamespace makes the start fail, so that the next account is tried.
func enterNamespace(attr *syscall.SysProcAttr, _ account) {
	attr.Chroot = "/dev/null/no-user-namespaces-here"
}

// dieWithParent does nothing here: after a kill -9 of the program its servers
// live on until the next start in the same directory stops them.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// commandLine is what process pid was started with, fs.ErrNotExist where there
// is none.
func commandLine(ctx context.Context, pid int) (string, error) {
	//nolint:gosec // G204: a number.
	line, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fs.ErrNotExist
	}
	return string(line), err
}
