package lint

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/finding"
)

// NoRegal says what is missing without Regal, and how to have it.
const NoRegal = "Regal was not run, which knows the language's own traps: make bin/regal, or name it with --regal"

// FindRegal looks for the linter Regal: as bin/regal beside the go.mod at or
// above dir, then on PATH. It is a program of its own, because it is built on an
// older OPA than ours. "" means that there is none.
func FindRegal(dir string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			if built, err := exec.LookPath(filepath.Join(dir, "bin", "regal")); err == nil {
				return built
			}
			break
		}
		above := filepath.Dir(dir)
		if above == dir {
			break
		}
		dir = above
	}
	if found, err := exec.LookPath("regal"); err == nil {
		return found
	}
	return ""
}

// Regal runs the linter Regal, the program at binary, over the policies in files,
// tests too. What it is told (.regal/config.yaml) is always what this program
// holds: a candidate cannot turn its rules off.
func Regal(ctx context.Context, binary string, files fs.FS) (all []finding.Finding, err error) {
	dir, err := os.MkdirTemp("", "policy-lint-")
	if err != nil {
		return nil, fmt.Errorf("running Regal: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := lay(dir, files); err != nil {
		return nil, fmt.Errorf("running Regal: %w", err)
	}
	config := filepath.Join(dir, ".regal", "config.yaml")
	command := exec.CommandContext(ctx, binary, "lint", "--format", "json", "--config-file", config, filepath.Join(dir, "policies")) //nolint:gosec // the caller names the program
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	// It ends with an error when it found something; what it printed tells.
	failed := command.Run()
	var report struct {
		Violations []struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			Level       string `json:"level"`
			Location    struct {
				File string `json:"file"`
				Row  int    `json:"row"`
				Col  int    `json:"col"`
			} `json:"location"`
		} `json:"violations"`
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		why := cmp.Or(strings.Join(strings.Fields(said.String()), " "), "it printed no report")
		return nil, fmt.Errorf("running %s: %s: %w", binary, why, cmp.Or(failed, err))
	}
	for _, v := range report.Violations {
		level := finding.Error
		if v.Level == "warning" {
			level = finding.Warning
		}
		name, err := filepath.Rel(filepath.Join(dir, "policies"), v.Location.File)
		if err != nil || v.Location.File == "" {
			name = "" // it is about all of them
		}
		all = append(all, finding.Finding{
			File: filepath.ToSlash(name), Line: v.Location.Row, Column: v.Location.Col,
			Rule: "regal/" + v.Title, Level: level, Message: v.Description,
		})
	}
	finding.Sort(all)
	return all, nil
}

// lay writes the policies in files below dir, and what Regal is told.
func lay(dir string, files fs.FS) error {
	write := func(from fs.FS, name, to string) error {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(dir, to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o600)
	}
	if err := write(rego.Files, ".regal/config.yaml", ""); err != nil {
		return err
	}
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".rego" {
			return err
		}
		return write(files, name, "policies")
	})
}
