// Package dev is `cascade dev`: the whole system on one machine, with nothing
// configured, on real servers and through the same walls as in production.
//
// Everything lies in one data directory:
//
//	postgres/      the database of a private Postgres, kept between starts
//	seal.key       seals scopes; its id begins with "dev-", which serve refuses
//	keyset.json    seals the credentials of integrations (Tink)
//	policy.key     signs policies
//	issuer.key     signs tokens
//	recordings/    the store of recordings
//	dev.json       where everything is, while it runs
//	postgres.log   what Postgres has to say
package dev

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/demo"
	"github.com/voxanne/cascade/server/recording"
)

// DefaultAddr is where dev listens unless told otherwise.
const DefaultAddr = "127.0.0.1:8080"

// Config says what Run runs. DataDir is required.
type Config struct {
	Addr    string // empty: DefaultAddr; port 0: any that is free
	DataDir string // made if missing
	Fresh   bool   // throws the database away first
	// PolicyDir is watched, and its policies take the place of those in the
	// binary, if it is there. Empty: policy/rego below the working directory.
	PolicyDir string
	PGBin     string // the directory of Postgres' programs; empty: found
	// Out is told what happens and what to try, for a person to read. nil: nobody.
	Out io.Writer
	Log *slog.Logger     // nil: none
	Now func() time.Time // nil: time.Now
}

// Run starts everything, serves until ctx ends, and stops everything: nothing
// is left but the data. A start on data that is there seeds nothing. When
// Postgres ends by itself, so does Run, with an error.
func Run(ctx context.Context, c Config) error {
	c.Addr = cmp.Or(c.Addr, DefaultAddr)
	c.PolicyDir = cmp.Or(c.PolicyDir, "policy/rego")
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	err := c.run(ctx)
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to stop while it started
	}
	return err
}

func (c Config) run(ctx context.Context) (err error) {
	started := c.Now()
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer func() { _ = listener.Close() }() // Serve has, unless the start failed
	dir, err := openDirectory(c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.close()) }()
	policies := meanwhile(func() (*opa.Engine, error) {
		return opa.New(ctx, rego.Files, opa.Config{Budget: seedBudget})
	})
	backing, err := c.startBacking(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backing.stop()) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-backing.postgres.Done():
			cancel(errPostgresEnded)
		case <-ctx.Done():
		}
	}()
	seeding, err := policies()
	if err != nil {
		return err
	}
	world, err := backing.seed(ctx, seeding, dir, c.Now())
	if err != nil {
		return err
	}
	about, err := describe(baseURL(listener.Addr()), backing, world, tokens{dir.issuer, c.Now})
	if err != nil {
		return err
	}
	fakes, err := startProviders(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fakes.stop()) }()
	app, err := c.newApp(ctx, about, dir, fakes)
	if err != nil {
		return err
	}
	watching, err := reloader{dir: c.PolicyDir, engine: app.Engine(), out: c.Out}.start(ctx)
	if err != nil {
		return errors.Join(err, app.Close(ctx))
	}
	defer func() { cancel(nil); <-watching }()
	if err := dir.tell(about); err != nil {
		return errors.Join(err, app.Close(ctx))
	}
	about.introduce(c.Out, c.Now(), c.Now().Sub(started))
	err = app.Serve(ctx, listener)
	if cause := context.Cause(ctx); errors.Is(cause, errPostgresEnded) {
		err = errors.Join(cause, err)
	}
	return err
}

// newApp puts the server together as in production, but for what a person who
// tries things out wants: the page, the schema, and no wait at the end.
func (c Config) newApp(ctx context.Context, about *About, dir *directory, fakes providers) (*server.App, error) {
	onboarding, err := fakes.onboarding(dir)
	if err != nil {
		return nil, err
	}
	return server.New(ctx, server.Config{
		PublicURL: about.URL, DatabaseURL: about.AppDSN, RedisURL: about.RedisURL,
		JWTIssuer: demo.Issuer, JWTAudience: demo.Audience, JWKSURL: about.URL + jwksPath,
		SealKeyFile: dir.sealKey(), SecretsKeysetFile: dir.keyset(), PolicyKeyFile: dir.policyKey(), BlobURL: recording.DirectoryURL(dir.recordings()),
		AddressLimit: server.DataAddressLimit, Onboarding: onboarding,
	}, server.Deps{
		Letter: func(file string) { _, _ = fmt.Fprintf(c.Out, "A letter was sent: %s\n", file) },
		Log:    c.Log, Now: c.Now, Introspection: true, Console: newPage(about),
		Routes: func(*server.App) []server.Route {
			return []server.Route{{Pattern: jwksPath, Handler: dir.issuer.JWKSHandler(), Proof: server.Nothing}}
		},
	})
}

// seedBudget is how long one decision may take while the demo is written: a
// laptop that compiles something else at the same time must not fail to start.
const seedBudget = 10 * time.Second

// meanwhile begins something and returns how to wait for it.
func meanwhile[T any](do func() (T, error)) (wait func() (T, error)) {
	result := sync.OnceValues(do)
	go func() { _, _ = result() }()
	return result
}

// errPostgresEnded means that the database is gone, and with it all there is
// to serve.
var errPostgresEnded = errors.New("the private Postgres has ended by itself; postgres.log may say why")

// jwksPath is where the development issuer's key is served.
const jwksPath = "/.well-known/jwks.json"

// baseURL is the address that programs of this machine use for addr.
func baseURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// tokenTTL is how long the tokens in dev.json last.
const tokenTTL = 12 * time.Hour

// tokens signs for people.
type tokens struct {
	issuer *auth.Issuer
	now    func() time.Time
}

// of is a token for p. choice is the clinic that it asks for by itself; empty:
// none.
func (t tokens) of(p demo.Person, choice string) (string, error) {
	signer := *t.issuer
	signer.Now = t.now
	return signer.Issue(auth.TokenRequest{
		Subject: p.Subject, Email: p.Email, Issuer: demo.Issuer, Audience: demo.Audience, TTL: tokenTTL, MFA: p.MFA(), OrgChoice: choice,
	})
}
