package main

import (
	"context"
	"strconv"

	"github.com/voxanne/cascade/bench/process"
)

// contender is one way to answer the questions.
type contender struct {
	name, about string
	// start runs it as a process of its own; nil for pgbench, which is client
	// and program in one.
	start func(ctx context.Context, s *stage, o options) (*process.Child, error)
	// ask picks its words; a question that it has none for is not put to it.
	ask func(question) maker
	// unsealed takes the seal off the database.
	unsealed bool
	// part is true of those that show the price of one part, which is measured
	// under load alone.
	part bool
}

// contenders are in the order of the table. The first is what the others are
// compared with.
var contenders = []contender{ //nolint:gochecknoglobals // immutable table
	{
		name: "floor", about: "net/http and pgx by hand: token and row-level security alone",
		start: startFloor, ask: func(q question) maker { return q.floor },
	},
	{
		name: "floor-daily", about: "the floor, reading daily rows",
		start: startFloor, ask: func(q question) maker { return q.daily },
	},
	{
		name: "cascade", about: "the product's own server, everything on",
		start: startProduct, ask: askCascade,
	},
	{
		name: "parts", about: "everything on, put together by the benchmark; what those below leave out, they leave out of this",
		start: startCascade(""), ask: askCascade, part: true,
	},
	{
		name: "-audit", about: "its records are acknowledged and not kept",
		start: startCascade("audit"), ask: askCascade, part: true,
	},
	{
		name: "-decisions", about: "it decides by the envelope alone, without OPA",
		start: startCascade("decisions"), ask: askCascade, part: true,
	},
	{
		name: "-limits", about: "it charges nobody",
		start: startCascade("limits"), ask: askCascade, part: true,
	},
	{
		name: "-seal", about: "its database believes any scope",
		start: startCascade(""), ask: askCascade, part: true, unsealed: true,
	},
	{
		name: "-membership", about: "it looks each user up once, not live",
		start: startCascade("membership"), ask: askCascade, part: true,
	},
	{
		name: "pgbench", about: "the floor's SQL with row-level security, without a seal: Postgres itself",
		ask: func(q question) maker { return q.floor }, unsealed: true,
	},
}

func askCascade(q question) maker { return q.cascade }

func startFloor(ctx context.Context, s *stage, o options) (*process.Child, error) {
	return process.Start(ctx, s.floor, "-dsn", s.db.AppDSN(), "-key", s.keyFile, "-jwks", s.jwks, "-conns", strconv.Itoa(o.conns))
}

func startProduct(ctx context.Context, s *stage, o options) (*process.Child, error) {
	return process.Start(ctx, s.cascade, s.flags(o)...)
}

func startCascade(without string) func(context.Context, *stage, options) (*process.Child, error) {
	return func(ctx context.Context, s *stage, o options) (*process.Child, error) {
		return process.Start(ctx, s.cascade, append(s.flags(o), "-parts", "-without", without)...)
	}
}

func (s *stage) flags(o options) []string {
	return []string{
		"-dsn", s.db.AppDSN(), "-blank", s.db.BlankDSN(), "-redis", s.redis, "-key", s.keyFile, "-jwks", s.jwks,
		"-conns", strconv.Itoa(o.conns), "-budget", o.budget.String(),
	}
}
