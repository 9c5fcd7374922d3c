package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// superuser is who initdb makes.
const superuser = "postgres"

// dataIn is where the data of dir lies.
func dataIn(dir string) string { return filepath.Join(dir, "postgres") }

// dataVersion is the major version that made the data at path, 0 if there is
// none.
func dataVersion(path string) (int, error) {
	text, err := os.ReadFile(filepath.Join(path, "PG_VERSION")) //nolint:gosec // G304: the caller's own directory.
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking for data: %w", err)
	}
	major, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil {
		return 0, fmt.Errorf("%s is no Postgres data: %w", path, err)
	}
	return major, nil
}

// initialise makes a fresh database cluster at data unless there is one. It
// appears whole or not at all: half of one, after a kill, is thrown away.
func (i installation) initialise(ctx context.Context, data string) error {
	if major, err := dataVersion(data); err != nil || major > 0 {
		return err
	}
	fresh := data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clearing an unfinished database: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("making a database: %w", err)
	}
	if err := i.account.own(fresh); err != nil {
		return err
	}
	cmd := i.account.command(ctx, filepath.Join(i.dir, "initdb"))
	path, done, err := i.account.lend(cmd, fresh)
	if err != nil {
		return err
	}
	defer done()
	// C.UTF-8: every letter of every patient's name, the same order everywhere.
	// Since version 17 Postgres brings it along, before it is the system's.
	cmd.Args = append(cmd.Args, "--pgdata="+path, "--username="+superuser, "--auth-local=trust", "--auth-host=reject",
		"--encoding=UTF8", "--no-sync", "--no-instructions")
	if i.major >= 17 {
		cmd.Args = append(cmd.Args, "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
	} else {
		cmd.Args = append(cmd.Args, "--locale=C.UTF-8")
	}
	dieWithParent(cmd.SysProcAttr, syscall.SIGKILL)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	// An empty directory may be in the way; one that is not stays, and refuses.
	_ = os.Remove(data)
	if err := os.Rename(fresh, data); err != nil {
		return fmt.Errorf("keeping a fresh database: %w", err)
	}
	return nil
}
