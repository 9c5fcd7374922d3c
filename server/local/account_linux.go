package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// inheritsByPath: /proc/self/fd names what a process inherited.
const inheritsByPath = true

// enterNamespace shows our own user to the process as a's inside user.
func enterNamespace(attr *syscall.SysProcAttr, a account) {
	attr.Cloneflags = syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: a.insideUID, HostID: a.uid, Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: a.insideGID, HostID: a.gid, Size: 1}}
}

// dieWithParent asks the kernel to send sig when the thread that starts the
// process ends: the thread, not the program, so that it must live on.
func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) {
	attr.Pdeathsig = sig
}

// commandLine is what process pid was started with, fs.ErrNotExist where there
// is none. Every user may read it, and no server of ours changes it.
func commandLine(_ context.Context, pid int) (string, error) {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if errors.Is(err, syscall.ESRCH) {
		err = fs.ErrNotExist
	}
	return string(line), err
}
