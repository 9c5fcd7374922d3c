package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/voxanne/cascade/bench/load"
)

// noisyFigures is what the test clinics met, in all rounds of one kind.
type noisyFigures struct {
	Requests int       `json:"requests"`
	P50      float64   `json:"p50_ms"`
	P99      float64   `json:"p99_ms"`
	Rounds   []float64 `json:"p99_ms_of_each_round"`
	// Of the flood, a second.
	Served  float64 `json:"flood_served_per_second"`
	Refused float64 `json:"flood_refused_per_second"`
	// Processors in use, of all that the machine has.
	Server   float64 `json:"server_cpus"`
	Postgres float64 `json:"postgres_cpus"`
	Redis    float64 `json:"redis_cpus"`
}

func newNoisyFigures(rounds []round) noisyFigures {
	all := pooled(rounds)
	f := noisyFigures{
		Requests: len(all), P50: milliseconds(load.Quantile(all, 0.5)), P99: milliseconds(load.Quantile(all, 0.99)),
	}
	var length time.Duration
	for _, r := range rounds {
		length += r.length
		f.Rounds = append(f.Rounds, milliseconds(load.Quantile(r.took, 0.99)))
		f.Served += float64(r.served)
		f.Refused += float64(r.refused)
		f.Server += r.used.server.Seconds()
		f.Postgres += r.used.postgres.Seconds()
		f.Redis += r.used.redis.Seconds()
	}
	for _, sum := range []*float64{&f.Served, &f.Refused, &f.Server, &f.Postgres, &f.Redis} {
		*sum /= length.Seconds()
	}
	return f
}

// noisyReport is what a run with a noisy neighbour found.
type noisyReport struct {
	report
	TestClinics  int          `json:"test_clinics"`
	NoisyClinics int          `json:"noisy_clinics"`
	TestRate     float64      `json:"requests_per_second_of_each_test_clinic"`
	NoisyRate    float64      `json:"requests_per_second_of_each_noisy_clinic"`
	FloodLimit   float64      `json:"flood_limit_per_second"`
	FloodRate    float64      `json:"flood_requests_per_second"`
	Quiet        noisyFigures `json:"without_flooder"`
	Kept         noisyFigures `json:"flooder_at_its_limit"`
	Flood        noisyFigures `json:"with_flood"`
	// How much longer the test clinics' p99 is with the flood, in percent: than
	// without the flooder, and than with it at its limit.
	Moved     float64 `json:"p99_moved_percent"`
	MovedKept float64 `json:"p99_moved_percent_from_limit"`
}

func newNoisyReport(ctx context.Context, o options, s *stage, rounds [len(loudness)][]round) (n noisyReport, err error) {
	n = noisyReport{
		TestClinics: testClinics, NoisyClinics: noisyClinics, TestRate: calm.test, NoisyRate: calm.noisy,
		FloodLimit: floodLimit / 60., FloodRate: floodTimes * floodLimit / 60.,
		Quiet: newNoisyFigures(rounds[0]), Kept: newNoisyFigures(rounds[1]), Flood: newNoisyFigures(rounds[2]),
	}
	n.Moved, n.MovedKept = 100*(n.Flood.P99/n.Quiet.P99-1), 100*(n.Flood.P99/n.Kept.P99-1)
	n.report, err = newReport(ctx, o, s)
	return n, err
}

func (n noisyReport) print(to io.Writer) error {
	fmt.Fprintf(to, "\n%d test clinics at %.0f req/s each and %d noisy ones at %.1f, on %d CPUs; one floods at %.0f req/s, %d times its limit; %d rounds of %.0f s in turns, commit %s\n\n",
		n.TestClinics, n.TestRate, n.NoisyClinics, n.NoisyRate, n.CPUs, n.FloodRate, floodTimes, n.Rounds, n.Seconds, n.Commit)
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "test clinics\trequests\tp50 ms\tp99 ms\tflood served/s\trefused/s\tserver CPUs\tPostgres\tRedis\t")
	for i, f := range []noisyFigures{n.Quiet, n.Kept, n.Flood} {
		fmt.Fprintf(w, "flooder at %.0f x\t%d\t%.2f\t%.2f\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t\n", loudness[i], f.Requests, f.P50, f.P99, f.Served, f.Refused, f.Server, f.Postgres, f.Redis)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to, "\np99 moved by %+.1f %%, and from a flooder at its limit by %+.1f %%\n", n.Moved, n.MovedKept)
	return err
}

// write keeps the report beside the others.
func (n noisyReport) write(dir string) (string, error) {
	text, err := json.MarshalIndent(n, "", " ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%s-noisy.json", n.At.Format("2006-01-02"), n.Commit))
	return path, os.WriteFile(path, append(text, '\n'), 0o600) //nolint:gosec // G703: named on the command line
}
