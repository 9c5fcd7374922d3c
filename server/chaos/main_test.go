package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/voxanne/cascade/server"
)

// Flags of the test binary, after -args.
//
//nolint:gochecknoglobals // flags are
var (
	// hold is how long each fault is met beyond its count of answers: 0 is the
	// short version.
	hold = flag.Duration("hold", 0, "how long each fault is met at least")
	only = flag.String("fault", "", "only the faults whose names hold this")
)

// asServer makes the test binary be the server.
const asServer = "chaos-server"

// TestMain lets the test binary be the server that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == asServer {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return
	}
	m.Run()
}

// serve is `cascade serve` with a clock that can be set. It reads its
// configuration and then how far the clock is off, as often as it is told, and
// writes where it listens and each offset that holds. It drains when in ends.
func serve(in io.Reader, out io.Writer) error {
	orders, said := json.NewDecoder(in), json.NewEncoder(out)
	var config server.Config
	if err := orders.Decode(&config); err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	var off atomic.Int64
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	deps := server.Deps{
		Log: server.NewLog(os.Stderr, slog.LevelInfo),
		Now: func() time.Time { return time.Now().Add(time.Duration(off.Load())) },
		// A machine that runs every other test too is no reason for a denial.
		Budget: 10 * time.Second,
		Listening: func(_ *server.App, addr net.Addr) {
			if err := said.Encode(addr.String()); err != nil {
				cancel(err)
				return
			}
			go func() {
				for {
					var d time.Duration
					if err := orders.Decode(&d); err != nil {
						cancel(err)
						return
					}
					off.Store(int64(d))
					if err := said.Encode(d.String()); err != nil {
						cancel(err)
						return
					}
				}
			}()
		},
	}
	err := server.Serve(ctx, config, deps)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, io.EOF) {
		err = errors.Join(err, cause)
	}
	return err
}
