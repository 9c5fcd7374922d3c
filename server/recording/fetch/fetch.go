package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// The bounds of one fetch, unless Config says otherwise.
const (
	DefaultMaxBytes = 500 << 20
	DefaultTimeout  = 15 * time.Minute
	DefaultPause    = 30 * time.Second
)

// Config is what a Fetcher needs. Hosts is required: without it nothing is
// fetched.
type Config struct {
	Hosts    Hosts
	MaxBytes int64         // of a recording; zero means DefaultMaxBytes
	Timeout  time.Duration // of the whole; zero means DefaultTimeout
	Pause    time.Duration // the longest with nothing coming; zero means DefaultPause
	// Loopback lets addresses of this machine be asked, over http and on any
	// port: for tests and development alone.
	Loopback bool
	// Resolver asks DNS; nil: the machine's own.
	Resolver *net.Resolver
	// TLS is how servers prove themselves; nil: as the machine believes.
	TLS *tls.Config
}

// Fetcher fetches recordings. Make it with New; it is safe for concurrent use.
type Fetcher struct {
	Config
	client *http.Client
}

// New makes a Fetcher.
func New(c Config) *Fetcher {
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Pause == 0 {
		c.Pause = DefaultPause
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Resolver: c.Resolver, Control: guard{c.Loopback}.control}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		settings = c.TLS.Clone()
		settings.MinVersion = max(settings.MinVersion, tls.VersionTLS12)
	}
	return &Fetcher{Config: c, client: &http.Client{
		// Redirects are followed here, one at most; and no jar keeps cookies.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, TLSClientConfig: settings, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: c.Pause, MaxResponseHeaderBytes: 32 << 10,
			DisableCompression: true, DisableKeepAlives: true,
		},
	}}
}

// open asks for an address and follows one redirect. The body is the caller's to
// close.
func (f *Fetcher) open(ctx context.Context, address string) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fail(Address, nil) // its text would quote the address
	}
	for redirected := false; ; redirected = true {
		if err := f.permit(u); err != nil {
			return nil, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
		if err != nil {
			return nil, fail(Address, nil)
		}
		r.Header.Set("Accept-Encoding", "identity")
		r.Header.Set("User-Agent", "cascade-recordings/1")
		w, err := f.client.Do(r)
		if err != nil {
			if asked, ok := errors.AsType[*url.Error](err); ok {
				err = asked.Err // without the address
			}
			return nil, ofNetwork(ctx, err)
		}
		switch w.StatusCode {
		case http.StatusOK:
			return w, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			to, err := w.Location()
			_ = w.Body.Close()
			if redirected || err != nil {
				return nil, fail(Redirects, nil)
			}
			u = to
		default:
			_ = w.Body.Close()
			return nil, OfStatus(w.StatusCode)
		}
	}
}
