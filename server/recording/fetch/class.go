package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Class says what kind of failure it was, in a stable word.
type Class string

// The classes of what goes wrong on the way.
const (
	Address      Class = "address"      // it does not read, or is no https address
	Host         Class = "host"         // a host or port that is not on the list
	Private      Class = "private"      // a name that leads to an address that is not public
	Redirects    Class = "redirects"    // a second redirect, or one that leads nowhere
	Unauthorized Class = "unauthorized" // 401 or 403
	NotFound     Class = "not_found"    // 404 or 410: not yet, or no more
	RateLimited  Class = "rate_limited" // 429
	Provider     Class = "provider"     // any other status but 200
	Type         Class = "type"         // a header that names no sound, or an encoding
	Content      Class = "content"      // bytes that are no sound, or another one than the header's
	Empty        Class = "empty"        // nothing came
	TooLarge     Class = "too_large"    // more than the limit, or a promise of more
	Truncated    Class = "truncated"    // less than was promised, or no way to tell
	Timeout      Class = "timeout"      // the whole took too long, or a pause did
	Network      Class = "network"      // the connection failed
	Spool        Class = "spool"        // the bytes could not be kept here
	Interrupted  Class = "interrupted"  // the caller gave up
)

// Failure is why a recording did not come. Its text names no address.
type Failure struct {
	Class Class
	Err   error // for errors.Is and errors.As, never to be shown; may be nil
}

// Error implements error.
func (f *Failure) Error() string { return "fetching a recording: " + string(f.Class) }

// Unwrap implements errors.Is and errors.As.
func (f *Failure) Unwrap() error { return f.Err }

func fail(c Class, err error) error { return &Failure{c, err} }

// errPause is the cause of a fetch that ends because nothing came for too long.
var errPause = errors.New("nothing came for too long")

// OfStatus is the failure that the status of an HTTP answer means, for whoever asks
// a provider where a recording lies.
func OfStatus(status int) error {
	err := fmt.Errorf("status %d", status)
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fail(Unauthorized, err)
	case http.StatusNotFound, http.StatusGone:
		return fail(NotFound, err)
	case http.StatusTooManyRequests:
		return fail(RateLimited, err)
	default:
		return fail(Provider, err)
	}
}

// ofNetwork is the failure behind an error of the HTTP client.
func ofNetwork(ctx context.Context, err error) error {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	var slow net.Error
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errPause), errors.Is(cause, context.DeadlineExceeded):
		return fail(Timeout, cause)
	case cause != nil:
		return fail(Interrupted, cause)
	case errors.As(err, &slow) && slow.Timeout():
		return fail(Timeout, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fail(Truncated, err)
	default:
		return fail(Network, err)
	}
}
