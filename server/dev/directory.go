package dev

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/auth"
)

// DefaultDataDir is cascade below state, which is $XDG_STATE_HOME, or below
// ~/.local/state when that is empty (XDG Base Directory Specification).
func DefaultDataDir(state string) (string, error) {
	if !filepath.IsAbs(state) { // as the specification has it
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("finding a place for data; name one with --data: %w", err)
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "cascade"), nil
}

// directory is the data directory, with the keys that lie in it.
type directory struct {
	path    string
	held    int // the descriptor of the lock
	seal    rls.Key
	secrets *secret.Keyset
	issuer  *auth.Issuer
}

// openDirectory makes what is missing of the data directory, readable by its
// owner alone, and keeps every key that is there.
func openDirectory(path string) (*directory, error) {
	if path == "" {
		return nil, errors.New("no directory for the data; name one with --data")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the data directory: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	d := &directory{path: path}
	if err := d.hold(); err != nil {
		return nil, err
	}
	if err := d.open(); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// hold takes the directory for this process, until close or its end: flock(2)
// goes with the process, however it ends.
func (d *directory) hold() (err error) {
	d.held, err = syscall.Open(d.in("dev.lock"), syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("opening the data directory's lock: %w", err)
	}
	if err := syscall.Flock(d.held, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("%s is in use by another process: %w", d.path, err), syscall.Close(d.held))
	}
	return nil
}

// close gives the directory back, without the dev.json of this run. It unlocks
// by name: a program that is started at this moment may still have a copy of
// the descriptor.
func (d *directory) close() error {
	return errors.Join(d.untell(), syscall.Flock(d.held, syscall.LOCK_UN), syscall.Close(d.held))
}

// open removes what a killed run told of itself, and makes the keys that are
// missing.
func (d *directory) open() (err error) {
	if err := d.untell(); err != nil {
		return err
	}
	if d.seal, err = openSealKey(d.sealKey()); err != nil {
		return err
	}
	if err = openPolicyKey(d.policyKey()); err != nil {
		return err
	}
	if d.secrets, err = secret.Create(d.keyset()); errors.Is(err, fs.ErrExist) {
		d.secrets, err = secret.Load(d.keyset())
	}
	if err != nil {
		return err
	}
	if d.issuer, err = auth.CreateIssuer(d.in(server.DataIssuerKey)); errors.Is(err, fs.ErrExist) {
		d.issuer, err = auth.LoadIssuer(d.in(server.DataIssuerKey))
	}
	if err != nil {
		return err
	}
	return os.MkdirAll(d.recordings(), 0o700)
}

func (d *directory) recordings() string    { return d.in(server.DataRecordings) }
func (d *directory) in(name string) string { return filepath.Join(d.path, name) }
func (d *directory) sealKey() string       { return d.in(server.DataSealKey) }
func (d *directory) keyset() string        { return d.in("keyset.json") }
func (d *directory) policyKey() string     { return d.in(server.DataPolicyKey) }
