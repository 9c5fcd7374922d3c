package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// one runs a statement and scans its first row, if there is one. The statement
// runs under the scope of ctx; it names its org all the same, so that neither
// wall stands alone.
func one(ctx context.Context, tx dialect.ExecQuerier, query string, args []any, dest ...any) (found bool, err error) {
	rows := &entsql.Rows{}
	if err := tx.Query(ctx, query, args, rows); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := rows.Scan(dest...); err != nil {
		return false, fmt.Errorf("reading a row: %w", err)
	}
	return true, rows.Err()
}

// conflicting reports whether err ended a transaction only because another was
// in its way (SQLSTATE 40001 and 40P01): the same work may be done again.
func conflicting(err error) bool {
	state, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (state.Code == "40001" || state.Code == "40P01")
}

// severed reports whether err is of the connection to the database or of the
// database going away, so that the same work may go through on another one. It may
// have been kept and its answer lost.
func severed(err error) bool {
	if err == nil || isRefusal(err) {
		return false
	}
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(state.Code, "57")
	}
	if errors.Is(err, rls.ErrUnknown) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err) {
		return true
	}
	_, network := errors.AsType[net.Error](err)
	return network
}

// classOf says what kind of failure err is, in a word that holds nothing of the
// message: the texts of Postgres and of its driver quote values.
func classOf(err error) string {
	if denied, ok := errors.AsType[*policy.Denied](err); ok {
		return "denied:" + denied.Reason
	}
	if refused, ok := errors.AsType[vapi.Refusal](err); ok {
		return "vapi:" + refused.Reason()
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
		{context.DeadlineExceeded, "timeout"},
		{context.Canceled, "cancelled"},
		{audit.ErrUnavailable, "audit"},
		{secret.ErrOpen, "secret"},
		{secret.ErrNoKey, "secret"},
	} {
		if errors.Is(err, c.is) {
			return c.class
		}
	}
	return "internal"
}
