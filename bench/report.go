package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/voxanne/cascade/bench/data"
)

// report is what a run found and on what.
type report struct {
	At       time.Time `json:"at"`
	Commit   string    `json:"commit"`
	Go       string    `json:"go"`
	Postgres string    `json:"postgres"`
	CPUs     int       `json:"cpus"`
	Size     data.Size `json:"size"`
	Clients  []int     `json:"clients"`
	Even     bool      `json:"even"` // clinics were asked for equally often
	Rounds   int       `json:"rounds"`
	Seconds  float64   `json:"seconds"` // of each measurement
	Figures  []figures `json:"figures"`
}

func newReport(ctx context.Context, o options, s *stage) (report, error) {
	r := report{
		At: time.Now().UTC().Truncate(time.Second), Go: runtime.Version(), Postgres: s.db.Version(), CPUs: runtime.NumCPU(),
		Size: o.size, Clients: o.clients, Even: o.even, Rounds: o.rounds, Seconds: o.length.Seconds(),
	}
	commit, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--exclude", "*").Output()
	if err != nil {
		return r, fmt.Errorf("naming the commit: %w", err)
	}
	r.Commit = string(bytes.TrimSpace(commit))
	return r, nil
}

// print writes one table for each question and number of clients. "x floor" is
// the rate as a part of the floor's.
func (r report) print(to io.Writer) error {
	fmt.Fprintf(to, "\n%d clinics, %d calls, %s on %d CPUs, Postgres %s, commit %s; medians of %d rounds of %.0f s\n",
		r.Size.Clinics, r.Size.Calls, r.Go, r.CPUs, r.Postgres, r.Commit, r.Rounds, r.Seconds)
	for _, q := range questions {
		for _, clients := range r.Clients {
			if err := r.table(to, q, clients); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r report) table(to io.Writer, q question, clients int) error {
	floor, found := 0.0, false
	for _, f := range r.Figures {
		if f.Question == q.name && f.Clients == clients {
			found = true
			if f.Contender == contenders[0].name {
				floor = f.Rate
			}
		}
	}
	if !found {
		return nil
	}
	fmt.Fprintf(to, "\n%s, %s, %d clients\n", q.name, q.about, clients)
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\treq/s\tx floor\tp50 ms\tp99 ms\tserver\tPostgres\tRedis CPU s/1000\tpeak MB\t")
	for _, f := range r.Figures {
		switch {
		case f.Question != q.name || f.Clients != clients:
		case f.Error != "":
			fmt.Fprintf(w, "%s\tnone: %.60s\t\t\t\t\t\t\t\t\n", f.Contender, f.Error)
		default:
			ratio := "-"
			if floor > 0 {
				ratio = fmt.Sprintf("%.2f", f.Rate/floor)
			}
			fmt.Fprintf(w, "%s\t%.0f\t%s\t%.2f\t%.2f\t%.3f\t%.3f\t%.3f\t%.0f\t\n",
				f.Contender, f.Rate, ratio, f.P50, f.P99, f.ServerCPU, f.PostgresCPU, f.RedisCPU, f.PeakMB)
		}
	}
	return w.Flush()
}

// write keeps the report beside those before it.
func (r report) write(dir string) (string, error) {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%s.json", r.At.Format("2006-01-02"), r.Commit))
	return path, os.WriteFile(path, append(text, '\n'), 0o600) //nolint:gosec // G703: named on the command line
}
