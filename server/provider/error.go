package provider

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what became of a request that gave no good answer.
type Kind int

// The kinds. The zero Kind is the worst of them.
const (
	// Unknown was sent, and may have been carried out. Look before asking again.
	Unknown Kind = iota
	// Refused was not carried out, and will not be however often it is asked.
	Refused
	// NotFound names what does not exist.
	NotFound
	// RateLimited was not carried out; Error.RetryAfter says when to ask again.
	RateLimited
	// Unavailable was not carried out, and may be asked again.
	Unavailable
)

// String is the kind as a stable word, for rows, logs and metrics.
func (k Kind) String() string {
	switch k {
	case Refused:
		return "refused"
	case NotFound:
		return "not_found"
	case RateLimited:
		return "rate_limited"
	case Unavailable:
		return "unavailable"
	default:
		return "unknown_outcome"
	}
}

// Error is a request that gave no good answer. It holds nothing that was sent
// and nothing that came back but a status and a numeric code: providers quote
// credentials and callers' numbers in their texts.
type Error struct {
	Provider  string
	Operation string // in our words, as "buy number"
	Kind      Kind
	Status    int // of the answer; zero: there was none
	Code      int // the provider's own; zero: none
	// RetryAfter is how long the provider asks to be left alone; zero: it did not say.
	RetryAfter time.Duration

	// cause is a context's error or nil: the texts of all others hold addresses.
	cause error
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", e.Provider, e.Operation, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (status %d", e.Status)
		if e.Code != 0 {
			fmt.Fprintf(&b, ", code %d", e.Code)
		}
		b.WriteString(")")
	}
	return b.String()
}

// Unwrap is the end of the context that ended the request, or nil.
func (e *Error) Unwrap() error { return e.cause }

// KindOf is the kind of err. An error that is not this package's is Unknown:
// nothing can be said of it.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unknown
}

// CodeOf is the provider's own code in err, or zero.
func CodeOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return 0
}
