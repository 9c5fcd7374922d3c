// Package fault is the errors that the outside may see: a code that programs
// rely on, and a text that tells a person what to do. Everything else is shown
// as INTERNAL, without its text.
package fault

import "fmt"

// Code is the stable word for what went wrong (extensions.code).
type Code string

// The codes of the API.
const (
	Unauthenticated Code = "UNAUTHENTICATED"
	Forbidden       Code = "FORBIDDEN"
	NotFound        Code = "NOT_FOUND"
	BadUserInput    Code = "BAD_USER_INPUT"
	Conflict        Code = "CONFLICT"
	RateLimited     Code = "RATE_LIMITED"
	TooComplex      Code = "TOO_COMPLEX"
	Unavailable     Code = "UNAVAILABLE"
	Internal        Code = "INTERNAL"
)

// Error is an error that may be shown. Its message must hold no health data,
// no secret, and nothing about rows that the asker may not see.
type Error struct {
	Code    Code
	Message string
	// Details join the error's extensions.
	Details map[string]any
	// Cause is for the log and never shown; it may be nil.
	Cause error
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error with a message in the manner of fmt.Sprintf.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// With adds a detail and returns the error.
func (e *Error) With(key string, value any) *Error {
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	e.Details[key] = value
	return e
}
