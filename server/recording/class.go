package recording

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/recording/fetch"
)

// The classes of failures that are not package fetch's.
const (
	ConsentRefused fetch.Class = "consent_refused" // the caller did not consent
	Erased         fetch.Class = "erased"          // it was here and was erased on request
	Deadline       fetch.Class = "deadline"        // the provider no longer has it
	Abandoned      fetch.Class = "abandoned"       // workers died on it, again and again
	Locate         fetch.Class = "locate"          // the provider could not say where it lies
	Denied         fetch.Class = "denied"          // the policy refuses
	Store          fetch.Class = "store"           // the store failed
	Database       fetch.Class = "database"        // Postgres or the audit failed
	Internal       fetch.Class = "internal"        // ours, and a bug
)

// verdictOf a class is what becomes of the recording.
type verdictOf int

const (
	again   verdictOf = iota + 1 // try once more, later
	dead                         // a dead letter, for a person
	dropped                      // never again, and nothing for anyone to do
)

// classes say what becomes of a recording whose try ended with each. One that is
// not here is dead: nobody thought about it yet.
var classes = map[fetch.Class]verdictOf{ //nolint:gochecknoglobals // immutable table
	fetch.NotFound:    again, // often minutes after the call
	fetch.RateLimited: again,
	fetch.Provider:    again,
	fetch.Empty:       again,
	fetch.Truncated:   again,
	fetch.Timeout:     again,
	fetch.Network:     again,
	fetch.Spool:       again,
	fetch.Interrupted: again,
	Locate:            again,
	Denied:            again, // a policy can be changed
	Store:             again,
	Database:          again,
	Internal:          again,

	fetch.Unauthorized: dead,
	fetch.Address:      dead,
	fetch.Host:         dead,
	fetch.Private:      dead,
	fetch.Redirects:    dead,
	fetch.Type:         dead,
	fetch.Content:      dead,
	fetch.TooLarge:     dead,
	Deadline:           dead,
	Abandoned:          dead,

	ConsentRefused: dropped,
	Erased:         dropped,
}

// becomes is what classes say.
func becomes(c fetch.Class) verdictOf {
	if v, ok := classes[c]; ok {
		return v
	}
	return dead
}

func failure(c fetch.Class, err error) error { return &fetch.Failure{Class: c, Err: err} }

// classOf says in a word that holds nothing of anybody what kind of failure err
// is.
func classOf(err error) fetch.Class {
	if f, ok := errors.AsType[*fetch.Failure](err); ok {
		return f.Class
	}
	if _, ok := errors.AsType[*policy.Denied](err); ok {
		return Denied
	}
	_, said := errors.AsType[*pgconn.PgError](err)
	_, unreached := errors.AsType[*pgconn.ConnectError](err)
	switch {
	case said, unreached, errors.Is(err, audit.ErrUnavailable), pgconn.Timeout(err):
		return Database
	case errors.Is(err, context.DeadlineExceeded):
		return fetch.Timeout
	case errors.Is(err, context.Canceled):
		return fetch.Interrupted
	default:
		return Internal
	}
}
