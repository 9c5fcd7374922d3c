package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/lattice"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/decisionlog"
	"github.com/voxanne/cascade/server/directory"
	"github.com/voxanne/cascade/server/feed"
	"github.com/voxanne/cascade/server/jobs"
	"github.com/voxanne/cascade/server/onboarding"
	"github.com/voxanne/cascade/server/ratelimit"
	"github.com/voxanne/cascade/server/recording"
	"github.com/voxanne/cascade/server/rollout"
)

// Deps is what a program adds to the configuration. Every zero is fit for
// production.
type Deps struct {
	Log   *slog.Logger     // nil: none
	Now   func() time.Time // nil: time.Now
	NewID func() uuid.UUID // nil: UUIDv7
	// Policies are the Rego files to start with; nil: those in the binary.
	Policies fs.FS
	// Budget bounds one decision; zero means opa.DefaultBudget.
	Budget time.Duration
	// Lattice is what a review of policies enumerates; zero means all of it, as
	// anything that is not a test must.
	Lattice lattice.Lattice
	// Introspection lets clients read the schema.
	Introspection bool
	// Console is a page for browsers, at /console/ and where they come to
	// /graphql; nil: none.
	Console http.Handler
	// Routes are more of them; nil: none.
	Routes func(*App) []Route
	// Locators ask providers where recordings lie; nil: none is asked, and no
	// recording is brought in.
	Locators recording.Locators
	// LoopbackRecordings lets recordings come from this machine, over http, for
	// providers' fakes in development and tests.
	LoopbackRecordings bool
	// Letter is told of each letter that was written to a file; nil: nobody is.
	Letter func(file string)
	// Listening is called once requests are answered; nil: nobody is told.
	Listening func(*App, net.Addr)
}

// App is a server put together. Make it with New.
type App struct {
	config Config
	deps   Deps
	log    *slog.Logger
	now    func() time.Time
	newID  func() uuid.UUID

	pool        *pgxpool.Pool
	redis       *redis.Client
	secrets     *secret.Keyset
	feed        *feed.Redis
	sealKey     rls.Key
	engine      *opa.Engine
	builtIn     *opa.Generation // what the program was started with
	desk        *rollout.Desk
	node        *rollout.Node
	driver      *rls.Driver
	records     *audit.Writer
	watch       *audit.Watch
	directory   *directory.Directory
	limiter     *ratelimit.Limiter
	addresses   *ratelimit.Address
	cooldown    *cooldown
	verifier    *auth.Verifier
	gate        *gate
	invitations invitations
	jobs        *jobs.Runner
	exporter    *decisionlog.Exporter // nil: decisions go nowhere else
	health      *health
	metrics     *metrics
	tracing     tracing
	site        site
	graph       http.Handler
	store       *recording.Bucket // nil: recordings are not kept here
	links       recording.Signer

	onboarding      *onboarding.Saga // nil: not set up
	onboardNow      chan struct{}
	signupAddresses *ratelimit.Address

	// draining ends when streams have to.
	draining context.Context //nolint:containedctx // the server's life, not a request's
	drain    context.CancelFunc
	streams  sync.WaitGroup
	// background is the work beside the requests; it ends with draining.
	background sync.WaitGroup
}

// New puts a server together. It connects to nothing yet; Close frees what it
// made, unless Serve has.
func New(ctx context.Context, c Config, d Deps) (_ *App, err error) {
	a := &App{config: c, deps: d, log: d.Log, now: d.Now, newID: d.NewID, site: newSite(c.PublicURL)}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.newID == nil {
		a.newID = func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	}
	a.draining, a.drain = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(ctx))
		}
	}()
	for _, step := range []func(context.Context) error{
		a.openTracing, a.openSecrets, a.openPostgres, a.openRedis, a.openPolicies, a.openIdentity, a.openJobs, a.openDecisionLog, a.openRecordings, a.openOnboarding,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	a.openHealth()
	a.openGraph()
	return a, nil
}

// Engine is the policy engine, for who loads other policies while it runs.
func (a *App) Engine() *opa.Engine { return a.engine }
