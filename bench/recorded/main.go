// Command recorded writes decisions as the audit keeps them, one JSON object a
// line, gzipped: what a month of some thousand clinics leaves behind, for
// measuring "cascade policy replay --from FILE" on. The same seed writes the same
// questions.
//
//	go run ./bench/recorded -n 1000000 -out decisions.jsonl.gz
package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
)

func main() {
	n := flag.Int("n", 1_000_000, "how many decisions")
	out := flag.String("out", "decisions.jsonl.gz", "where to")
	seed := flag.Uint64("seed", 1, "of the draw")
	flag.Parse()
	if err := write(context.Background(), *n, *out, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "recorded:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, n int, out string, seed uint64) (err error) {
	g, err := opa.Compile(ctx, rego.Files, opa.Config{Budget: time.Minute})
	if err != nil {
		return err
	}
	file, err := os.Create(out) //nolint:gosec // the caller names it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buffered := bufio.NewWriterSize(file, 1<<20)
	zipped, err := gzip.NewWriterLevel(buffered, gzip.BestSpeed)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(zipped)
	draw := newDraw(seed, n)
	for range n {
		record := audit.NewRecord(g.Decide(ctx, draw.question()), audit.Origin{RequestID: "bench"})
		if err := lines.Encode(record); err != nil {
			return err
		}
	}
	return errors.Join(zipped.Close(), buffered.Flush())
}
