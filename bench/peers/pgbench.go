// Package peers measures what is not ours.
package peers

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/voxanne/cascade/bench/data"
	"github.com/voxanne/cascade/bench/load"
)

// scripts are the floor's statements for pgbench, by question.
//
//go:embed sql/*.sql
var scripts embed.FS

// How a script draws a clinic.
const (
	bySize = "random_zipfian(1, :clinics, 1.001) - 1"
	evenly = "random(0, :clinics - 1)"
)

// ErrNoScript means that a question is not put to pgbench.
var ErrNoScript = errors.New("pgbench has no script for this question")

// Pgbench asks Postgres itself, with prepared statements, in a pipeline like
// the floor's. The database must not be sealed: pgbench cannot seal. It checks
// no answer.
type Pgbench struct {
	DSN     string
	Set     *data.Set
	Clients int
	Even    bool // clinics are asked for equally often
}

// Run loads Postgres for so long.
func (p Pgbench) Run(ctx context.Context, question string, d time.Duration, seed uint64) (load.Result, error) {
	text, err := scripts.ReadFile("sql/" + strings.ToLower(question) + ".sql")
	if err != nil {
		return load.Result{}, ErrNoScript
	}
	if p.Even {
		text = bytes.Replace(text, []byte(bySize), []byte(evenly), 1)
	}
	program, err := find()
	if err != nil {
		return load.Result{}, err
	}
	dir, err := os.MkdirTemp("", "pgbench-")
	if err != nil {
		return load.Result{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	script := filepath.Join(dir, "script.sql")
	if err := os.WriteFile(script, text, 0o600); err != nil {
		return load.Result{}, err
	}
	seconds := max(1, int(d.Seconds()))
	cmd := exec.CommandContext(ctx, program, "-n", "-M", "prepared", "-f", script, //nolint:gosec // G204: our own arguments
		"-c", strconv.Itoa(p.Clients), "-j", strconv.Itoa(min(p.Clients, 4)), "-T", strconv.Itoa(seconds),
		"--random-seed", strconv.FormatUint(seed, 10), "-D", "clinics="+strconv.Itoa(p.Set.Clinics),
		"-D", "least="+strconv.Itoa(p.least()), "-l", "--log-prefix", filepath.Join(dir, "took"), p.DSN)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return load.Result{}, fmt.Errorf("pgbench: %w: %.500s", err, out)
	}
	return read(string(out), dir)
}

// least is how many calls the smallest clinic has: every clinic has these.
func (p Pgbench) least() int {
	least := p.Set.Count(0)
	for c := range p.Set.Clinics {
		least = min(least, p.Set.Count(c))
	}
	return least
}

var rate = regexp.MustCompile(`tps = ([0-9.]+) \(without initial connection time\)`)

// read takes the rate from the summary and the times from the logs, which hold
// one line a transaction: client, number, microseconds, and more.
func read(summary, dir string) (load.Result, error) {
	found := rate.FindStringSubmatch(summary)
	if found == nil {
		return load.Result{}, fmt.Errorf("pgbench said something else: %.500s", summary)
	}
	tps, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		return load.Result{}, fmt.Errorf("pgbench's rate: %w", err)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "took.*"))
	if err != nil {
		return load.Result{}, err
	}
	var took []time.Duration
	for _, name := range logs {
		text, err := os.ReadFile(name) //nolint:gosec // G304: our own directory
		if err != nil {
			return load.Result{}, err
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > 2 {
				us, err := strconv.Atoi(fields[2])
				if err != nil {
					return load.Result{}, fmt.Errorf("pgbench's log: %w", err)
				}
				took = append(took, time.Duration(us)*time.Microsecond)
			}
		}
	}
	if len(took) == 0 || tps == 0 {
		return load.Result{}, errors.New("pgbench did nothing")
	}
	slices.Sort(took)
	return load.Result{
		Requests: len(took), Elapsed: time.Duration(float64(len(took)) / tps * float64(time.Second)),
		P50: took[len(took)/2], P99: took[len(took)*99/100],
	}, nil
}

// find looks on PATH and where the systems' packages put it.
func find() (string, error) {
	if program, err := exec.LookPath("pgbench"); err == nil {
		return program, nil
	}
	packaged, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(packaged) == 0 {
		return "", errors.New("pgbench is not installed")
	}
	return packaged[len(packaged)-1], nil
}
