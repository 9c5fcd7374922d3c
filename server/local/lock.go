package local

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// errLocked says that another process holds a lock.
var errLocked = errors.New("in use by another process")

// fileLock is a held flock(2): an open descriptor. It is no *os.File because
// one of those closes itself once nobody refers to it, and a lock must last
// until it is given back or the process ends, however it ends.
type fileLock int

// lock takes flock(2) how (LOCK_EX or LOCK_SH) on path, which it makes if
// missing, without waiting; errLocked when it is taken.
func lock(path string, how int) (fileLock, error) {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("opening the lock %s: %w", path, err)
	}
	err = syscall.Flock(fd, how|syscall.LOCK_NB)
	if err == nil {
		return fileLock(fd), nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errLocked
	}
	return 0, errors.Join(fmt.Errorf("%s: %w", path, err), syscall.Close(fd))
}

// await is lock for those who can wait until ctx ends.
func await(ctx context.Context, path string, how int) (fileLock, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := lock(path, how)
		if !errors.Is(err, errLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("waiting for %w: %w", err, ctx.Err())
		case <-tick.C:
		}
	}
}

// Close gives the lock back, once. It unlocks by name: a process that is being
// started at this moment may have a copy of the descriptor for an instant more.
func (l fileLock) Close() error {
	return errors.Join(syscall.Flock(int(l), syscall.LOCK_UN), syscall.Close(int(l)))
}
