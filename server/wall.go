package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations"
	"github.com/voxanne/cascade/migrations/lint"
	"github.com/voxanne/cascade/policy"
)

var answers = Fact{ //nolint:gochecknoglobals // immutable
	Code: "postgres-answers", Serve: lint.Refuses, Name: "Postgres answers", Why: "No wall can be proved.", Mend: "start Postgres, or correct DATABASE_URL",
}

// database are the facts of the live database, as the app role sees it: what
// its catalog says, and what it does when it is tried.
func (d deployment) database(ctx context.Context) []Fact {
	if at := unset("DATABASE_URL", d.config.DatabaseURL); at != "" {
		return []Fact{answers.holed(at)}
	}
	conn, err := connectAsApp(ctx, d.config.DatabaseURL)
	if err != nil {
		return []Fact{answers.holed(err.Error())}
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	facts := append([]Fact{answers.holds()}, d.catalog(ctx, conn)...)
	return append(facts, d.tried(ctx, conn)...)
}

// connectAsApp is a connection as the program's own are, settings and all.
func connectAsApp(ctx context.Context, dsn string) (*pgx.Conn, error) {
	config, err := rls.PoolConfig(dsn)
	if err != nil {
		return nil, errors.New("the address does not read")
	}
	return pgx.ConnectConfig(ctx, config.ConnConfig)
}

// catalog holds the database to every lint.
func (d deployment) catalog(ctx context.Context, conn *pgx.Conn) []Fact {
	expect, err := d.expected()
	if err != nil {
		return []Fact{answers.holed(err.Error())}
	}
	results, err := lint.Run(ctx, conn, expect)
	if err != nil {
		return []Fact{answers.holed(err.Error())}
	}
	var facts []Fact
	for _, r := range results {
		f := Fact{Code: r.Code, Name: r.Fact, Serve: r.Serve, Why: r.Why, Mend: "cascade migrate up"}
		if r.Err != nil {
			// Nobody knows how bad it is.
			f.Serve = lint.Refuses
			facts = append(facts, f.holed(r.Err.Error()))
			continue
		}
		for _, h := range r.Holes {
			f.Mend = h.Mend
			facts = append(facts, f.holed(h.At))
		}
		if len(r.Holes) == 0 {
			f = f.holds()
			for _, reason := range r.Reasons {
				f.Allowed = append(f.Allowed, Allowed{At: reason.At, Why: reason.Why})
			}
			facts = append(facts, f)
		}
	}
	return facts
}

// expected is what this program's database must be.
func (d deployment) expected() (lint.Expect, error) {
	expect := lint.Expect{Oldest: lint.Oldest, Floor: lint.Floor(), Newest: lint.Newest(), KnownKeys: rls.DevPrefix}
	if d.dev {
		expect.KnownKeys = ""
	}
	for _, r := range policy.Resources() {
		expect.Resources = append(expect.Resources, string(r))
	}
	steps, err := migrations.Steps()
	if err != nil {
		return expect, fmt.Errorf("reading the migrations: %w", err)
	}
	for _, s := range steps {
		expect.Steps, expect.Sums = append(expect.Steps, s.Name), append(expect.Sums, s.Sum)
	}
	return expect, nil
}
