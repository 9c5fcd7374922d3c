// Command cascade is the API as the benchmark composes it: everything on, or
// without the parts that -without names, so that the price of each shows. The
// parts are left out here, by what this program puts together; the product
// knows no such switch.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/voxanne/cascade/bench/process"
)

// The parts that can be left out.
const (
	auditPart      = "audit"      // the writer's database acknowledges at once and keeps nothing
	decisionsPart  = "decisions"  // Go allows what the envelope allows; OPA is not asked
	limitsPart     = "limits"     // nobody is charged
	membershipPart = "membership" // the directory is asked once for each user, not for each request
)

var parts = []string{auditPart, decisionsPart, limitsPart, membershipPart} //nolint:gochecknoglobals // immutable table

// config is what the command line says.
type config struct {
	dsn, blank, redis, key, jwks string
	conns                        int
	without                      []string
}

func (c config) has(part string) bool { return !slices.Contains(c.without, part) }

func main() {
	var c config
	flag.StringVar(&c.dsn, "dsn", "", "the database, as the app role")
	flag.StringVar(&c.blank, "blank", "", "the database that keeps no records")
	flag.StringVar(&c.redis, "redis", "", "the URL of Redis")
	flag.StringVar(&c.key, "key", "", "the file of the seal key")
	flag.StringVar(&c.jwks, "jwks", "", "the URL of the issuer's keys")
	flag.IntVar(&c.conns, "conns", 16, "connections to the database")
	without := flag.String("without", "", "parts to leave out: "+strings.Join(parts, ", "))
	flag.Parse()
	if *without != "" {
		c.without = strings.Split(*without, ",")
	}
	if err := run(context.Background(), c); err != nil {
		slog.Error("cascade", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, c config) (err error) {
	for _, part := range c.without {
		if !slices.Contains(parts, part) {
			return fmt.Errorf("there is no part %q", part)
		}
	}
	a, err := newAPI(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return process.Serve(ctx, a)
}
