package lint

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Expect is what a database is held to beside the walls themselves. Every field
// is needed; Minors has the versions.
type Expect struct {
	// Steps are the migrations' names, and Sums the SHA-256 of each, hex.
	Steps, Sums []string
	// Oldest, Floor and Newest are versions as server_version_num has them.
	Oldest        int
	Floor, Newest []int
	// Resources are the row types that policies know.
	Resources []string
	// KnownKeys begins the ids of seal keys that others know; empty: no id does.
	KnownKeys string
}

// Result is what a lint found.
type Result struct {
	Lint
	Holes   []Hole
	Reasons []Reason
	// Err means that the lint could not be asked. What cannot be proved does
	// not hold.
	Err error
}

// Hole is a place where the fact does not hold, and the statement that mends it.
type Hole struct{ At, Mend string }

// Reason is a place where the fact does not hold, and why that is as it should
// be, in the words of the schema.
type Reason struct{ At, Why string }

// Beginner is a connection, or a transaction.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Run asks the database everything in one statement, as the role of db, which
// needs no rights beyond connecting. It changes nothing. The error means that
// ctx ended.
func Run(ctx context.Context, db Beginner, expect Expect) ([]Result, error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	results, err := ask(ctx, db, expect, all)
	if err == nil {
		return results, nil
	}
	// Where one lint fails, the statement does: ask one by one which it is.
	results = results[:0]
	for _, l := range all {
		one, err := ask(ctx, db, expect, []Lint{l})
		if ctx.Err() != nil {
			return nil, fmt.Errorf("asking the database: %w", ctx.Err())
		}
		if err != nil {
			one = []Result{{Lint: l, Err: err}}
		}
		results = append(results, one...)
	}
	return results, nil
}

// statement is one that asks all lints, so that what they share is read once.
func statement(lints []Lint) (string, error) {
	prelude, err := files.ReadFile(preludeFile)
	if err != nil {
		return "", fmt.Errorf("reading the lints: %w", err)
	}
	var b strings.Builder
	b.Write(prelude)
	for i, l := range lints {
		if i > 0 {
			b.WriteString("union all\n")
		}
		fmt.Fprintf(&b, "select %d, to_jsonb(q) from (\n%s\n) q\n", i, l.query)
	}
	return b.String(), nil
}

// row is what a lint answers with.
type row struct {
	At, Mend string
	Reason   *string
}

func ask(ctx context.Context, db Beginner, expect Expect, lints []Lint) (_ []Result, err error) {
	text, err := statement(lints)
	if err != nil {
		return nil, err
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("beginning to ask: %w", err)
	}
	defer func() { err = errors.Join(err, tx.Rollback(context.WithoutCancel(ctx))) }()
	// Names are spelled out in what is found, and nobody's schema is searched. A
	// catalog is small: compiling the plan would take longer than running it.
	if _, err := tx.Exec(ctx, `set local search_path = pg_catalog; set local jit = off`, pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, fmt.Errorf("asking the database: %w", err)
	}
	results := make([]Result, len(lints))
	for i, l := range lints {
		results[i].Lint = l
	}
	rows, err := tx.Query(ctx, text, pgx.QueryExecModeDescribeExec, expect.args())
	if err != nil {
		return nil, fmt.Errorf("asking the database: %w", err)
	}
	var i int
	var found row
	_, err = pgx.ForEachRow(rows, []any{&i, &found}, func() error {
		results[i].add(found)
		found = row{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("asking the database: %w", err)
	}
	return results, nil
}

func (r *Result) add(found row) {
	if found.Reason != nil {
		r.Reasons = append(r.Reasons, Reason{At: found.At, Why: *found.Reason})
		return
	}
	r.Holes = append(r.Holes, Hole{At: found.At, Mend: found.Mend})
}

func (e Expect) args() pgx.NamedArgs {
	var known *string // no prefix of anything
	if e.KnownKeys != "" {
		known = &e.KnownKeys
	}
	return pgx.NamedArgs{
		"resources": e.Resources,
		"steps":     e.Steps, "sums": e.Sums, "oldest": e.Oldest, "floor": e.Floor, "newest": e.Newest, "known_prefix": known,
	}
}
