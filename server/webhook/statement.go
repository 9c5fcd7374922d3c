package webhook

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

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
