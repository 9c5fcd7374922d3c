// Command bench measures Cascade beside the floor and pgbench: the same data,
// the same questions, the same machine, in turns. From the repository's root:
//
//	go run ./bench          # a quarter of an hour and more
//	go run ./bench -quick   # a minute or two, on a small set
//	go run ./bench -noisy   # what a clinic that floods does to the others
//
// It prints a table and writes bench/results/<date>-<commit>.json. Ratios
// between contenders of one run travel to other machines; figures do not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/voxanne/cascade/bench/data"
)

// options are the command line.
type options struct {
	size         data.Size
	cache        string
	results      string
	warm, length time.Duration
	rounds       int
	budget       time.Duration
	even         bool
	conns        int
	clients      []int
	contenders   []string // empty: all
	questions    []string // empty: all
	profiles     string   // a directory; empty: none
	noisy        bool
}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		measure := run
		if o.noisy {
			measure = noisy
		}
		err = measure(ctx, o, slog.New(slog.NewTextHandler(os.Stderr, nil)))
		stop()
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		slog.Error("bench", "error", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	cache, err := os.UserCacheDir()
	if err != nil {
		return o, fmt.Errorf("finding a place for the data: %w", err)
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := f.Bool("quick", false, "20 clinics, 20,000 calls, one round of 3 seconds")
	f.IntVar(&o.size.Clinics, "clinics", 1_000, "clinics in the data set")
	f.IntVar(&o.size.Calls, "calls", 1_000_000, "calls in the data set")
	f.DurationVar(&o.warm, "warm", 5*time.Second, "load before each measurement")
	f.DurationVar(&o.length, "time", 10*time.Second, "length of each measurement")
	f.IntVar(&o.rounds, "rounds", 3, "rounds; medians are shown")
	f.IntVar(&o.conns, "conns", 16, "each contender's connections to Postgres")
	f.DurationVar(&o.budget, "budget", 0, "bound of one decision of Cascade's; 0: its own")
	f.BoolVar(&o.even, "even", false, "ask for every clinic as often as for any other, rather than by its size")
	f.StringVar(&o.cache, "cache", filepath.Join(cache, "cascade-bench"), "where data sets are kept between runs")
	f.StringVar(&o.results, "results", filepath.Join("bench", "results"), "where the figures go")
	f.StringVar(&o.profiles, "profile", "", "a directory for CPU profiles of the measurements")
	f.BoolVar(&o.noisy, "noisy", false, "measure what a clinic that floods does to the others")
	clients := f.String("clients", "1,32", "how many clients at once, separated by commas")
	contenders := f.String("contenders", "", "only these, separated by commas")
	questions := f.String("questions", "", "only these, separated by commas")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		// Small settings come first, so that the command line wins over them.
		o.size = data.Size{Clinics: 20, Calls: 20_000}
		o.warm, o.length, o.rounds = 2*time.Second, 3*time.Second, 1
		if err := f.Parse(args); err != nil {
			return o, err
		}
	}
	if o.rounds < 1 || o.length <= 0 || o.conns < 1 || f.NArg() > 0 {
		return o, errors.New("rounds, time and conns must be positive, and no other words follow")
	}
	for _, word := range words(*clients) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return o, fmt.Errorf("%q is no number of clients", word)
		}
		o.clients = append(o.clients, n)
	}
	o.contenders, o.questions = words(*contenders), words(*questions)
	return o, nil
}

func words(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
