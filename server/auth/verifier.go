package auth

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// VerifierConfig says whose tokens are accepted, and for whom.
type VerifierConfig struct {
	Issuer   string // required; equal to the iss claim, byte for byte
	Audience string // required; one of the aud claim
	JWKSURL  string // required; https, or http on this machine

	HTTP *http.Client     // nil: one of our own; redirects are never followed
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil: no log

	RefreshEvery time.Duration // how old keys may be before they are fetched anew; 0: 5 minutes
	MinRefresh   time.Duration // the least time between two fetches; 0: 10 seconds
	Leeway       time.Duration // how far clocks may differ; 0: 30 seconds, at most 2 minutes
	CacheSize    int           // verified tokens remembered; 0: 8192
}

// NewVerifier checks the configuration. It fetches nothing: the first token
// does, or Ready.
func NewVerifier(cfg VerifierConfig) (*Verifier, error) {
	if cfg.Issuer == "" || cfg.Audience == "" {
		return nil, errors.New("auth: a verifier needs an issuer and an audience")
	}
	if err := checkJWKSURL(cfg.JWKSURL); err != nil {
		return nil, err
	}
	if cfg.Leeway < 0 || cfg.Leeway > 2*time.Minute {
		return nil, fmt.Errorf("auth: leeway %v is not between 0 and 2 minutes", cfg.Leeway)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{}
	}
	client := *cfg.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Verifier{
		issuer:   cfg.Issuer,
		audience: cfg.Audience,
		leeway:   cmp.Or(cfg.Leeway, 30*time.Second),
		now:      cfg.Now,
		// Claims are checked in accept, one error each, in an order of ours.
		parser: jwt.NewParser(jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()),
		keys: &keySource{
			url:          cfg.JWKSURL,
			client:       &client,
			now:          cfg.Now,
			refreshEvery: cmp.Or(cfg.RefreshEvery, 5*time.Minute),
			minRefresh:   cmp.Or(cfg.MinRefresh, 10*time.Second),
			log:          cmp.Or(cfg.Log, slog.New(slog.DiscardHandler)),
		},
		cache: newTokenCache(cmp.Or(cfg.CacheSize, 8192)),
	}, nil
}

// checkJWKSURL refuses a document that anyone on the way could replace: who
// writes the keys writes the identities.
func checkJWKSURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return errors.New("auth: the JWKS URL is not an absolute URL")
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return errors.New("auth: the JWKS URL must be https, or http on this machine")
	}
	return nil
}
