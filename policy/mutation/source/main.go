// Command source mutates Go: it takes one condition or statement away at a time
// and runs the tests of a package, which must fail. From the repository's root:
//
//	go run ./mutation/source policy/envelope.go=./policy ent/rule/rule.go=./ent/rule
//
// Each argument is a file and the package whose tests guard it. The files stay
// as they are: the compiler is shown the mutant instead (go help build, -overlay).
// It prints the score and what survived, for a person to judge: a survivor is
// a test that is missing, a line that nobody needs, or one that only saves time.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/voxanne/cascade/policy/mutation"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		slog.Error("mutation", "error", err)
		os.Exit(1)
	}
}

// run mutates every file that args name.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("source", flag.ContinueOnError)
	parallel := flags.Int("parallel", max(runtime.GOMAXPROCS(0)/2, 1), "`mutants` tried at a time")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, arg := range flags.Args() {
		file, tests, cut := strings.Cut(arg, "=")
		if !cut {
			return fmt.Errorf("%q is not <file>=<package>", arg)
		}
		text, err := os.ReadFile(file) //nolint:gosec // the caller names the file
		if err != nil {
			return err
		}
		mutants, err := mutantsOf(file, text)
		if err != nil {
			return err
		}
		score, err := try(ctx, file, tests, mutants, *parallel)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, strings.Join(append([]string{score.Line(file)}, score.Survivors()...), "\n\tnot noticed: "))
		if err != nil {
			return err
		}
	}
	return nil
}

// try runs the tests on each mutant.
func try(ctx context.Context, file, tests string, mutants []mutant, parallel int) (*mutation.Score, error) {
	var score mutation.Score
	var failed error
	var once sync.Once
	jobs := make(chan mutant)
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for m := range jobs {
				switch outcome, err := testOn(ctx, file, m, tests); {
				case err != nil:
					once.Do(func() { failed = fmt.Errorf("%s: %w", m.name, err) })
				case outcome == stillborn:
					score.Stillborn()
				default:
					score.Add(m.name, outcome == noticed)
				}
			}
		})
	}
	for _, m := range mutants {
		jobs <- m
	}
	close(jobs)
	workers.Wait()
	return &score, failed
}
