package provider

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What a Client does when it is not told otherwise.
const (
	DefaultTimeout = 10 * time.Second
	DefaultMaxBody = 8 << 20 // bytes: a page of a hundred calls with their transcripts
	DefaultTries   = 3
	firstWait      = 100 * time.Millisecond
)

// Config is what a Client needs. Name and Base are required.
type Config struct {
	Name string
	// Base is where the API is: scheme, host and whatever stands before a path.
	Base string
	// Authorize adds the credential to a request; nil: none.
	Authorize func(*http.Request)
	// Transport carries requests; nil: one of this client's own.
	Transport http.RoundTripper
	Timeout   time.Duration // of one request; zero means DefaultTimeout
	MaxBody   int64         // of one answer, in bytes; zero means DefaultMaxBody
	Tries     int           // of a request that is safe to repeat; zero means DefaultTries
	// Code reads the provider's own code from the body of a refusal; nil: none.
	Code func(body []byte) int
	Now  func() time.Time // nil: time.Now
	// Wait waits between tries; nil: a timer, with full jitter.
	Wait func(ctx context.Context, most time.Duration) error
}

// Client calls one provider. It follows no redirect, reads no environment and
// is safe for concurrent use.
type Client struct {
	Config
	base *url.URL
	http *http.Client
}

// New makes a Client.
func New(c Config) (*Client, error) {
	base, err := url.Parse(c.Base)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") || base.User != nil {
		return nil, fmt.Errorf("%s: its address is not a URL without a password", c.Name)
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Tries == 0 {
		c.Tries = DefaultTries
	}
	if c.Code == nil {
		c.Code = func([]byte) int { return 0 }
	}
	if c.Authorize == nil {
		c.Authorize = func(*http.Request) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = jittered
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			DialContext:           (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
			TLSHandshakeTimeout:   3 * time.Second,
			ResponseHeaderTimeout: c.Timeout,
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       30 * time.Second,
			ForceAttemptHTTP2:     true,
		}
	}
	return &Client{Config: c, base: base, http: &http.Client{
		Transport:     c.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Request is one call. Texts in Path must be escaped already.
type Request struct {
	Operation string // for errors, as "buy number"
	Method    string
	Path      string // begins with a slash
	Query     url.Values
	// Body and its type; nil: none.
	Body        []byte
	ContentType string
	// Idempotent says that doing it twice is doing it once, so that it may be
	// repeated. GET and HEAD always are.
	Idempotent bool
	// Redirect says that the answer wanted is a 302: its Location.
	Redirect bool
}

func (q Request) reads() bool { return q.Method == http.MethodGet || q.Method == http.MethodHead }

// Response is a good answer, read whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes a call and answers it with an *Error unless it went well: any 2xx,
// or a redirect where one is wanted. What is safe to repeat is tried again
// after a fault that passes; nothing else ever is, and nobody is asked again
// who asked to be left alone.
func (c *Client) Do(ctx context.Context, q Request) (Response, error) {
	tries := 1
	if q.reads() || q.Idempotent {
		tries = c.Tries
	}
	wait := firstWait
	for {
		out, err := c.once(ctx, q)
		tries--
		if err == nil || tries <= 0 || ctx.Err() != nil {
			return out, err
		}
		if k := KindOf(err); k != Unavailable && k != Unknown {
			return out, err
		}
		if c.Wait(ctx, wait) != nil {
			return out, err // the fault, which says more than that time ran out
		}
		wait *= 2
	}
}

// jittered waits for anything up to most, so that many that failed together do
// not come back together.
func jittered(ctx context.Context, most time.Duration) error {
	timer := time.NewTimer(rand.N(most + 1)) //nolint:gosec // not a secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// ended is the context's error in err, or nil: no other cause is kept.
func ended(err error) error {
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, end) {
			return end
		}
	}
	return nil
}

// address is where a request goes.
func (c *Client) address(q Request) string {
	u := strings.TrimSuffix(c.base.String(), "/") + q.Path
	if len(q.Query) > 0 {
		u += "?" + q.Query.Encode()
	}
	return u
}
