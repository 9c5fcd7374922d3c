package provider

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

// maxRetryAfter bounds what a provider can ask for.
const maxRetryAfter = time.Hour

var errTooLarge = errors.New("the answer is larger than expected")

// once makes a call and says what became of it.
func (c *Client) once(ctx context.Context, q Request) (Response, error) {
	fault := &Error{Provider: c.Name, Operation: q.Operation, Kind: Unavailable}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	// Once there is a connection, bytes may have left; before, none have. A
	// request that changes nothing has no outcome to be unsure of.
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	unanswered := func(err error) (Response, error) {
		if sent.Load() && !q.reads() {
			fault.Kind = Unknown
		}
		fault.cause = ended(err)
		return Response{}, fault
	}
	r, err := http.NewRequestWithContext(ctx, q.Method, c.address(q), bytes.NewReader(q.Body))
	if err != nil {
		fault.Kind = Refused // it cannot be written down
		return Response{}, fault
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "cascade")
	if q.Body != nil {
		r.Header.Set("Content-Type", q.ContentType)
	}
	c.Authorize(r)
	answer, err := c.http.Do(r)
	if err != nil {
		return unanswered(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := bounded(answer.Body, c.MaxBody)
	fault.Status = answer.StatusCode
	if good := answer.StatusCode/100 == 2; good || (q.Redirect && answer.StatusCode == http.StatusFound) {
		if err != nil {
			return unanswered(err) // it was carried out, and the answer is lost
		}
		return Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
	}
	fault.Kind = kindOf(answer.StatusCode, q.reads())
	fault.Code = c.Code(body)
	fault.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), c.Now())
	return Response{}, fault
}

// kindOf reads a status that is not good. Behind a 5xx or an answer that makes
// no sense a request that changes something may have been carried out.
func kindOf(status int, reads bool) Kind {
	switch {
	case status == http.StatusNotFound || status == http.StatusGone:
		return NotFound
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status/100 == 4 && status != http.StatusRequestTimeout:
		return Refused
	case reads:
		return Unavailable
	default:
		return Unknown
	}
}

// bounded reads an answer whole, unless it is larger than most.
func bounded(r io.Reader, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(body)) > most {
		return nil, errTooLarge
	}
	return body, err
}

// retryAfter reads the header of RFC 9110, 10.2.3: seconds or a date.
func retryAfter(text string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
