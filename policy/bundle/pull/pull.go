// Package pull fetches signed policies over HTTP, for teams that keep them in
// git: their pipeline signs a bundle and puts it on any web server, and every
// node looks there. The server is not trusted, and need not be: a bundle proves
// itself (package bundle), and one that does not changes nothing. What a hostile
// server can do is to send nothing new, which Observe hears of only when it
// fails; the expiry of what runs is the bound on that.
package pull

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/voxanne/cascade/policy/bundle"
)

// The defaults of a Config.
const (
	DefaultEvery   = time.Minute
	DefaultTimeout = 30 * time.Second
)

// Config is what a Puller needs.
type Config struct {
	// URL is where the bundle lies: https, or http on this machine. It names no
	// user and no password; Token is for that.
	URL string
	// Token is sent as a bearer token (RFC 6750); empty sends none.
	Token string
	// Keys are whom to trust; InputSchema and MaxBytes are as in
	// bundle.Verification.
	Keys        bundle.Keys
	InputSchema string
	MaxBytes    int64
	// Active is the highest sequence number that was ever active, and the digest
	// of its bundle; 0 and "" before the first.
	Active func(context.Context) (sequence int64, digest string, err error)
	// Apply takes a verified bundle, which is newer than the active one. After an
	// error the same bundle is fetched and handed over again.
	Apply func(context.Context, *bundle.Bundle) error
	// Observe hears of every look: whether a bundle was applied, or why not. Nil
	// is fine. It must not block.
	Observe func(applied bool, err error)
	// Every is how often to look, Timeout how long a look may take, to the last
	// byte; zero means the defaults.
	Every, Timeout time.Duration
	// Now is the clock. Random gives numbers in [0,1), so that nodes that start
	// together do not look together.
	Now    func() time.Time
	Random func() float64
	// Wait returns after d, or with the context's error; nil means a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// Transport is how to connect; nil means http.DefaultTransport.
	Transport http.RoundTripper
}

// Puller looks for newer bundles at one place.
type Puller struct {
	config Config
	client http.Client
	etag   string // of what is active, or was found to be no news
}

// New checks the configuration. It does not connect.
func New(c Config) (*Puller, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, errors.New("pulling policies: the URL does not read") // the cause quotes it
	}
	switch {
	case !safe(u):
		return nil, errors.New("pulling policies: want an https URL without user or password, or http on this machine")
	case len(c.Keys) == 0:
		return nil, errors.New("pulling policies: no key is trusted")
	case c.Active == nil, c.Apply == nil, c.Now == nil, c.Random == nil:
		return nil, errors.New("pulling policies: Active, Apply, Now and Random are required")
	}
	if c.Every <= 0 {
		c.Every = DefaultEvery
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = bundle.DefaultMaxBytes
	}
	if c.Observe == nil {
		c.Observe = func(bool, error) {}
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	return &Puller{config: c, client: http.Client{Transport: c.Transport, CheckRedirect: stay}}, nil
}

// safe reports whether nobody on the way can read or change what is fetched.
func safe(u *url.URL) bool {
	if u.Host == "" || u.User != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && here
}

// stay follows a redirect within the server, a few times, and no other: a place
// that can send a node elsewhere can make it look into other networks.
func stay(r *http.Request, via []*http.Request) error {
	from := via[0].URL
	switch {
	case len(via) > 3:
		return errors.New("it redirects too often")
	case r.URL.Scheme != from.Scheme || r.URL.Host != from.Host || r.URL.User != nil:
		return errors.New("it redirects to another server")
	}
	return nil
}

// Run looks again and again until the context ends, and returns its error.
func (p *Puller) Run(ctx context.Context) error {
	failures := 0
	for {
		applied, err := p.Look(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.config.Observe(applied, err)
		if failures++; err == nil {
			failures = 0
		}
		if err := p.config.Wait(ctx, delay(p.config.Every, failures, p.config.Random())); err != nil {
			return fmt.Errorf("pulling policies: %w", err)
		}
	}
}

// delay is how long to wait after so many failures in a row: a second after the
// first, then twice as long each time, and never longer than every. The half of
// it is random.
func delay(every time.Duration, failures int, random float64) time.Duration {
	whole := every
	if failures > 0 && failures < 20 {
		whole = min(every, time.Second<<(failures-1))
	}
	return whole/2 + time.Duration(random*float64(whole/2))
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
