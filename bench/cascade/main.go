// Command cascade is what the benchmark measures: the product's own server, or,
// with -parts, the API as this program composes it from the product's exported
// parts, all of them or all but those that -without names. So the price of each
// part shows, and the product needs no switch that turns one off.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/voxanne/cascade/bench/data"
	"github.com/voxanne/cascade/bench/process"
	"github.com/voxanne/cascade/server"
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
	budget                       time.Duration
	parts                        bool
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
	flag.DurationVar(&c.budget, "budget", 0, "bound of one decision; 0: the product's")
	flag.BoolVar(&c.parts, "parts", false, "compose the API here")
	without := flag.String("without", "", "parts to leave out: "+strings.Join(parts, ", "))
	flag.Parse()
	if *without != "" {
		c.without = strings.Split(*without, ",")
	}
	server.KeepHeap(os.Environ())
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
	if !c.parts {
		return product(ctx, c)
	}
	a, err := newAPI(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return process.Serve(ctx, a)
}

// product runs the server as "cascade serve" does once the walls are proved.
// It logs like it, to nowhere.
func product(ctx context.Context, c config) (err error) {
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nowhere.Close()) }()
	a, err := server.New(ctx, server.Config{
		PublicURL: "http://127.0.0.1", DatabaseURL: c.dsn + "&pool_max_conns=" + strconv.Itoa(c.conns), RedisURL: c.redis,
		JWTIssuer: data.Issuer, JWTAudience: data.Audience, JWKSURL: c.jwks, SealKeyFile: c.key, Nodes: 1,
		AddressLimit: 10_000_000, // all clients of the benchmark have one address
	}, server.Deps{Log: server.NewLog(nowhere, slog.LevelInfo), Budget: c.budget})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(ctx)) }()
	return process.Serve(ctx, a.Handler())
}
