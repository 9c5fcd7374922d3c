// Package lint proves, from its catalog alone, that a live database stands
// behind its walls.
//
// A lint is a query that finds holes, after the example of Supabase's splinter,
// and it goes further: it knows the sealed scope, and so what every policy must
// say. Each lies in a file of its subject, below five words about it:
//
//	-- lint: <code>            stable; what reports and tests call it
//	-- fact: <what holds>      when there is no hole
//	-- why: <why it matters>
//	-- serve: refuses | warns | notes
//	select at, mend[, reason] ...
//
// Each row is a hole: where it is, and a statement that mends it when a
// superuser, or the owner where that is enough, runs it. A row with a reason is
// no hole: the schema itself says, in a comment on the very object, why it is
// out of line (see prelude.sql). No lint has a list of exceptions.
package lint

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Serve is what a server does about a hole when it starts.
type Serve string

// The holes by what they let happen.
const (
	// Refuses: rows, or the knowledge that they are there, cross clinics, or
	// whoever holds the app role can take a wall down.
	Refuses Serve = "refuses"
	// Warns: the walls stand; what is kept, logged or found is worse than it
	// should be.
	Warns Serve = "warns"
	// Notes: there is nothing wrong yet. A note is no hole.
	Notes Serve = "notes"
)

// Lint is one fact that a catalog can prove.
type Lint struct {
	Code  string
	Fact  string // what holds when there is no hole
	Why   string
	Serve Serve
	query string
}

var errHeader = errors.New("a lint begins with its code, fact, why and serve, in this order")

//go:embed *.sql
var files embed.FS

// preludeFile is what comes before every query.
const preludeFile = "prelude.sql"

// All are the lints, by subject and then as the files have them. An error means
// that a file does not read, which a test would have seen.
func All() ([]Lint, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("reading the lints: %w", err)
	}
	var all []Lint
	for _, name := range names {
		if name == preludeFile {
			continue
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the lints: %w", err)
		}
		for part := range strings.SplitSeq("\n"+string(text), "\n-- lint: ") {
			if strings.TrimSpace(part) == "" {
				continue
			}
			l, err := parse(part)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", name, err)
			}
			all = append(all, l)
		}
	}
	return all, nil
}

// parse reads one lint from its code on.
func parse(text string) (l Lint, err error) {
	head := strings.SplitN(text, "\n", 5)
	if len(head) < 5 {
		return l, errHeader
	}
	l.Code = head[0]
	var ok [3]bool
	l.Fact, ok[0] = strings.CutPrefix(head[1], "-- fact: ")
	l.Why, ok[1] = strings.CutPrefix(head[2], "-- why: ")
	var serve string
	serve, ok[2] = strings.CutPrefix(head[3], "-- serve: ")
	l.Serve = Serve(serve)
	if ok != [3]bool{true, true, true} {
		return l, fmt.Errorf("%s: %w", l.Code, errHeader)
	}
	switch l.Serve {
	case Refuses, Warns, Notes:
	default:
		return l, fmt.Errorf("%s: serve does not know %q", l.Code, serve)
	}
	l.query = strings.TrimRight(head[4], "; \n")
	return l, nil
}
