package local

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is whom Postgres runs as. It is our own user, except where Postgres
// refuses that one: root, and an id without a name, as containers are given.
type account struct {
	// namespace: our own user, shown to the process as nobody. Its files stay
	// ours, and closed parent directories stay open to it.
	namespace bool
	// other is set where the process runs as a different user for good.
	other bool
	// insideUID and insideGID are who the process believes to be.
	insideUID, insideGID int
	// uid and gid own its files, as seen from here.
	uid, gid int
}

// self is our own user.
func self() account {
	uid, gid := os.Geteuid(), os.Getegid()
	return account{insideUID: uid, insideGID: gid, uid: uid, gid: gid}
}

// accounts lists whom Postgres may run as on this machine, best first. Only
// root can become another, and no container need allow a namespace.
func accounts() ([]account, error) {
	me := self()
	if _, err := user.LookupId(strconv.Itoa(me.uid)); err == nil && me.uid != 0 {
		return []account{me}, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("finding a user to run Postgres as, since it refuses uid %d: %w", me.uid, err)
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 31)
	if err != nil {
		return nil, fmt.Errorf("reading the uid of nobody: %w", err)
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 31)
	if err != nil {
		return nil, fmt.Errorf("reading the gid of nobody: %w", err)
	}
	mapped := account{namespace: true, insideUID: int(uid), insideGID: int(gid), uid: me.uid, gid: me.gid}
	if me.uid != 0 {
		return []account{mapped, me}, nil
	}
	switched := account{other: true, insideUID: int(uid), insideGID: int(gid), uid: int(uid), gid: int(gid)}
	return []account{mapped, switched}, nil
}

// command prepares a program to run as a, in a small, fixed environment: what
// our own environment holds is no business of the server's.
func (a account) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	//nolint:gosec // G204: programs that finder, redisProgram or Share chose.
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + filepath.Dir(program) + ":/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	switch {
	case a.namespace:
		enterNamespace(cmd.SysProcAttr, a)
	case a.other:
		//nolint:gosec // G115: accounts parsed both within 31 bits.
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.insideUID), Gid: uint32(a.insideGID)}
	}
	return cmd
}

// own gives path and all below it to the account. Data that was made under
// another account, say before user namespaces were allowed, keeps working.
func (a account) own(path string) error {
	top, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("looking at the owner of %s: %w", path, err)
	}
	if st, ok := top.Sys().(*syscall.Stat_t); ok && int(st.Uid) == a.uid {
		return nil
	}
	err = filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, a.uid, a.gid) //nolint:gosec // G122: root walks a folder of its own, before Postgres runs
	})
	if err != nil {
		return fmt.Errorf("giving %s to the user that Postgres runs as: %w", path, err)
	}
	return nil
}

// lend opens dir to a command that runs as a and returns the path under which
// it finds it. An account that is not ours may be unable to walk to dir (think
// of /root), but a directory that it inherits open needs no walking.
func (a account) lend(cmd *exec.Cmd, dir string) (path string, done func(), err error) {
	if !a.other || !inheritsByPath {
		return dir, func() {}, nil
	}
	f, err := os.Open(dir) //nolint:gosec // G304: the caller's own directory.
	if err != nil {
		return "", nil, fmt.Errorf("opening %s for Postgres: %w", dir, err)
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	return fmt.Sprintf("/proc/self/fd/%d", 2+len(cmd.ExtraFiles)), func() { _ = f.Close() }, nil
}
