package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// outcome is what the tests say of a mutant.
type outcome int

const (
	survived outcome = iota
	noticed
	stillborn // it does not compile
)

// testOn runs the tests of a package with the mutant in the file's place.
func testOn(ctx context.Context, file string, m mutant, tests string) (_ outcome, err error) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return survived, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	whole, err := filepath.Abs(file)
	if err != nil {
		return survived, err
	}
	changed, overlay := filepath.Join(dir, filepath.Base(file)), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {whole: changed}})
	if err != nil {
		return survived, err
	}
	if err := errors.Join(os.WriteFile(changed, m.text, 0o600), os.WriteFile(overlay, list, 0o600)); err != nil {
		return survived, err
	}
	//nolint:gosec // the caller names the package
	said, err := exec.CommandContext(ctx, "go", "test", "-vet=off", "-failfast", "-timeout=2m", "-overlay="+overlay, tests).CombinedOutput()
	switch _, ended := errors.AsType[*exec.ExitError](err); {
	case err == nil:
		return survived, nil
	case !ended || ctx.Err() != nil:
		return survived, fmt.Errorf("running the tests: %w", err)
	case strings.Contains(string(said), "[build failed]"):
		return stillborn, nil
	default:
		return noticed, nil
	}
}
