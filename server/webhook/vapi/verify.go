package vapi

import (
	"crypto/hmac"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxSkew is how far a signed timestamp may lie from now, either way.
const MaxSkew = 5 * time.Minute

// Request is what a signature is verified over.
type Request struct {
	// Method and URL are signed only where the payload format names them. URL
	// must be made from our own configuration, never from a Host header.
	Method string
	URL    string
	Header http.Header
	// Body is the raw body, as it came, before anything parsed it.
	Body []byte
}

// Verify returns nil when q was sent by someone who knows the secret, and
// recently where a timestamp is signed. Otherwise the error wraps one of the
// refusals. Proofs are compared in constant time. It parses nothing of the
// body. A secret in overlap with its successor is two calls.
func (a Auth) Verify(secret []byte, q Request, now time.Time) error {
	if err := a.Validate(); err != nil {
		return err
	}
	a = a.withDefaults()
	if len(secret) == 0 {
		return ErrBadSecret
	}
	proof, err := single(q.Header, a.Header, ErrMissingSignature)
	if err != nil {
		return err
	}
	if a.Method == MethodHMAC {
		return a.verifyHMAC(secret, proof, q, now)
	}
	token, ok := cutPrefixFold(proof, a.Prefix)
	if !ok || !equal([]byte(token), secret) {
		return ErrBadSignature
	}
	return nil
}

// verifyHMAC accepts any one right signature of a space-separated list, as
// Standard Webhooks asks for while secrets rotate.
func (a Auth) verifyHMAC(secret []byte, proof string, q Request, now time.Time) error {
	key, err := a.key(secret)
	if err != nil {
		return err
	}
	format, _ := parseFormat(a.PayloadFormat) // Validate has seen it
	values := map[place]string{placeMethod: q.Method, placeURL: q.URL}
	var sent time.Time
	if format.uses(placeTimestamp) {
		text, err := single(q.Header, a.TimestampHeader, ErrMissingTimestamp)
		if err != nil {
			return err
		}
		if sent, err = parseTimestamp(text); err != nil {
			return err
		}
		values[placeTimestamp] = text
	}
	if format.uses(placeID) {
		id, err := single(q.Header, a.MessageIDHeader, ErrMissingMessageID)
		if err != nil {
			return err
		}
		values[placeID] = id
	}

	mac := hmac.New(a.newHash(), key)
	format.writeTo(mac, values, q.Body)
	want := mac.Sum(nil)
	if !a.anyEqual(proof, want) {
		return ErrBadSignature
	}
	// Last, so that "stale" is said only of what was truly signed: it means a
	// wrong clock or a replay, never a wrong secret.
	if format.uses(placeTimestamp) && now.Sub(sent).Abs() > MaxSkew {
		return ErrStaleTimestamp
	}
	return nil
}

// parseTimestamp reads Unix time in seconds or, from 1e11 on, milliseconds:
// Vapi does not say which it sends.
func parseTimestamp(text string) (time.Time, error) {
	n, err := strconv.ParseInt(text, 10, 53)
	switch {
	case err != nil || strings.Trim(text, "0123456789") != "":
		return time.Time{}, ErrBadTimestamp
	case n >= 1e11:
		return time.UnixMilli(n), nil
	default:
		return time.Unix(n, 0), nil
	}
}

// single is the one value of a header. Two values are refused: another reader
// of the same request might choose the other one.
func single(h http.Header, name string, missing Refusal) (string, error) {
	switch v := h.Values(name); {
	case len(v) > 1:
		return "", fmt.Errorf("%w: %s", ErrAmbiguousHeader, http.CanonicalHeaderKey(name))
	case len(v) == 0 || v[0] == "":
		return "", missing
	default:
		return v[0], nil
	}
}
