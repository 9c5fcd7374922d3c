package graph

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy"
)

// Presenter turns every error of this package into what the outside may see.
// What is lost is the cause: it goes to the log, with the request's id. An
// error without a code of its own is INTERNAL, and its text is not shown.
func Presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := present(ctx, err)
		if shown.Extensions["code"] == string(fault.Internal) {
			log.ErrorContext(ctx, "internal error", "path", shown.Path.String(), "error", logged(err))
		}
		return shown
	}
}

// logged is what the log may hold of an error. Postgres quotes the values of rows
// in its messages, so of its errors the log has the code and the place alone.
func logged(err error) string {
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.TrimSpace("postgres " + state.Code + " " + state.TableName + " " + state.ConstraintName)
	}
	return err.Error()
}

func present(ctx context.Context, err error) *gqlerror.Error {
	f := classify(err)
	shown := &gqlerror.Error{Message: f.Message, Extensions: map[string]any{"code": string(f.Code)}}
	if from, ok := errors.AsType[*gqlerror.Error](err); ok {
		shown.Path, shown.Locations = from.Path, from.Locations
	}
	if shown.Path == nil {
		shown.Path = graphql.GetPath(ctx)
	}
	for k, v := range f.Details {
		if k != "code" { // a parser's own word for it is not ours
			shown.Extensions[k] = v
		}
	}
	if r, ok := ctx.Value(requestKey{}).(Request); ok {
		shown.Extensions["requestId"] = r.Origin.RequestID
	}
	return shown
}

// sqlStates are the database's refusals that a person can do something about.
var sqlStates = map[string]fault.Error{
	"23503": {Code: fault.NotFound, Message: "Something this refers to does not exist."},
	"23505": {Code: fault.Conflict, Message: "This exists already."},
	"23P01": {Code: fault.Conflict, Message: "Another appointment is on this calendar at that time."},
	"23514": {Code: fault.BadUserInput, Message: "A value is outside what is allowed."},
	"22001": {Code: fault.BadUserInput, Message: "A text is too long."},
	"22021": {Code: fault.BadUserInput, Message: "A text holds a character that cannot be kept."},
	"22P05": {Code: fault.BadUserInput, Message: "A text holds a character that cannot be kept."},
	"25P02": {Code: fault.Conflict, Message: "This was not tried: something before it in the same request failed."},
	"22023": {Code: fault.BadUserInput, Message: "A value is not known here; time zones have IANA names such as Europe/London."},
	"40001": {Code: fault.Conflict, Message: "Somebody else changed this at the same moment. Try again."},
	"40P01": {Code: fault.Conflict, Message: "Somebody else changed this at the same moment. Try again."},
	"42501": {Code: fault.Forbidden, Message: "You may not do this."},
}

// classify finds the code of an error. The order is from what we said ourselves
// to what others said.
func classify(err error) fault.Error {
	var (
		known   *fault.Error
		denied  *policy.Denied
		invalid *ent.ValidationError
		state   *pgconn.PgError
		syntax  *gqlerror.Error
		network net.Error
	)
	switch {
	case errors.As(err, &known):
		return *known
	case errors.As(err, &denied):
		return fault.Error{Code: fault.Forbidden, Message: "You may not do this.", Details: map[string]any{"reason": denied.Reason, "decisionId": denied.ID.String()}}
	case errors.Is(err, policy.ErrNoScope):
		return internal
	case errors.Is(err, audit.ErrUnavailable):
		return unavailable
	case ent.IsNotFound(err):
		return fault.Error{Code: fault.NotFound, Message: "Not found."}
	case errors.As(err, &invalid):
		return fault.Error{Code: fault.BadUserInput, Message: "The value of " + invalid.Name + " is not allowed."}
	case errors.Is(err, rls.ErrUnknown):
		return unknown
	case rls.Refused(err):
		return unavailable
	case errors.As(err, &state):
		if f, ok := sqlStates[state.Code]; ok {
			return f
		}
		// 08 connection, 53 resources, 57 shutdown (SQLSTATE classes).
		if class := state.Code[:2]; class == "08" || class == "53" || class == "57" {
			return unavailable
		}
		return internal
	case errors.As(err, &network), pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded), isLost(err):
		return unavailable
	case errors.As(err, &syntax) && errors.Unwrap(syntax) == nil:
		// The parser, the validator and gqlgen's own input checks: their text is about
		// the document and holds no data.
		return fault.Error{Code: codeOf(syntax), Message: syntax.Message, Details: syntax.Extensions}
	default:
		return internal
	}
}

//nolint:gochecknoglobals // immutable answers
var (
	internal    = fault.Error{Code: fault.Internal, Message: "Something went wrong here. It has been noted; tell us the requestId."}
	unavailable = fault.Error{Code: fault.Unavailable, Message: "The service cannot answer just now. Nothing was done; try again in a moment."}
	// Nobody may be told that nothing was done when it may have been.
	unknown = fault.Error{
		Code: fault.Unavailable, Details: map[string]any{"reason": "outcome_unknown"},
		Message: "The connection was lost at the last moment: this was done, or not. Try again with the same Idempotency-Key, which does it once.",
	}
)

func codeOf(e *gqlerror.Error) fault.Code {
	switch code, _ := e.Extensions["code"].(string); code {
	case "", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED":
		return fault.BadUserInput
	default:
		return fault.Code(code)
	}
}

// isLost reports whether err says that the connection to the database could not
// be made, ended, or had ended before anything was sent.
func isLost(err error) bool {
	_, unmade := errors.AsType[*pgconn.ConnectError](err)
	return unmade || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, pgconn.ErrConnClosed)
}
