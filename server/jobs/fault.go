package jobs

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
)

// Fault is a failure that a worker names. Its code is kept with the job, logged
// and counted: a word of a fixed list, never a value.
type Fault struct {
	Code string
	// Dead means that no further attempt would do better.
	Dead bool
	// Err is the cause, for errors.Is. Its text goes nowhere.
	Err error
}

func (f Fault) Error() string { return f.Code }

// Unwrap gives the cause.
func (f Fault) Unwrap() error { return f.Err }

// classOf says what kind of failure err is, in a word that holds nothing of its
// text: Postgres, its driver and other servers quote what they were given.
func classOf(err error) string {
	if fault, ok := errors.AsType[Fault](err); ok {
		return fault.Code
	}
	if denied, ok := errors.AsType[*policy.Denied](err); ok {
		return "denied:" + denied.Reason
	}
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "sql:" + state.Code
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return "connect"
	}
	for _, c := range []struct {
		is    error
		class string
	}{
		{ErrLost, "lost"},
		{context.DeadlineExceeded, "timeout"},
		{context.Canceled, "cancelled"},
		{audit.ErrUnavailable, "audit"},
		{rls.ErrUnknown, "unanswered"},
		{secret.ErrOpen, "secret"},
		{secret.ErrNoKey, "secret"},
	} {
		if errors.Is(err, c.is) {
			return c.class
		}
	}
	return "internal"
}

// kept is an error as the queue keeps it: its class.
type kept string

func (k kept) Error() string { return string(k) }

// sqlState is the SQLSTATE of err, or "".
func sqlState(err error) string {
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return state.Code
	}
	return ""
}
