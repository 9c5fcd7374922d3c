package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/extra/redisotel/v9"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	_ "github.com/voxanne/cascade/ent/runtime" // the privacy rules
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/directory"
	"github.com/voxanne/cascade/server/feed"
	"github.com/voxanne/cascade/server/ratelimit"
)

func (a *App) openTracing(ctx context.Context) (err error) {
	a.tracing, err = newTracing(ctx, a.config.OTLPEndpoint)
	return err
}

func (a *App) openPostgres(ctx context.Context) error {
	key, err := readSealKey(a.config.SealKeyFile)
	if err != nil {
		return err
	}
	pool, err := rls.PoolConfig(a.config.DatabaseURL)
	if err != nil {
		return err
	}
	if !strings.Contains(a.config.DatabaseURL, "pool_max_conns") {
		pool.MaxConns = int32(min(max(16, 4*runtime.NumCPU()), 64))
	}
	if a.pool, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	tracer := a.tracing.Tracer("github.com/voxanne/cascade/ent/rls")
	a.sealKey = key
	a.driver = rls.New(rls.Config{Pool: a.pool, Key: key, Now: a.now, Tracer: tracer})
	a.records = audit.NewWriter(a.pool, key, a.newID())
	a.watch = audit.NewWatch(a.pool, key, a.log)
	a.directory = directory.New(directory.Config{Pool: a.pool, Log: a.log, Now: a.now, Tracer: tracer})
	a.metrics = newMetrics(a.pool)
	return nil
}

// openSecrets reads the keyset. Without one, what would have to be sealed is
// refused, and everything else is served.
func (a *App) openSecrets(ctx context.Context) (err error) {
	a.secrets = &secret.Keyset{}
	if a.config.SecretsKeysetFile == "" {
		a.log.WarnContext(ctx, "CASCADE_SECRETS_KEYSET_FILE is not set: credentials of integrations cannot be kept")
		return nil
	}
	if a.secrets, err = secret.Load(a.config.SecretsKeysetFile); err != nil {
		return fmt.Errorf("reading the keyset for secrets: %w", err)
	}
	return nil
}

func readSealKey(path string) (rls.Key, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return rls.Key{}, fmt.Errorf("reading the seal key: %w", err)
	}
	key, err := rls.ParseKey(text)
	if err != nil {
		return rls.Key{}, fmt.Errorf("reading the seal key: %w", err)
	}
	return key, nil
}

func (a *App) openRedis(context.Context) (err error) {
	if a.redis, err = ratelimit.NewRedis(a.config.RedisURL); err != nil {
		return err
	}
	if a.config.OTLPEndpoint != "" {
		// Commands without their arguments, which name orgs.
		err := redisotel.InstrumentTracing(a.redis, redisotel.WithTracerProvider(a.tracing), redisotel.WithDBStatement(false))
		if err != nil {
			return fmt.Errorf("tracing Redis: %w", err)
		}
	}
	if a.feed, err = feed.New(feed.Config{Client: a.redis, Log: a.log, Node: a.newID()}); err != nil {
		return err
	}
	a.limiter, err = ratelimit.New(ratelimit.Config{
		Redis: a.redis, Nodes: max(a.config.Nodes, 1), Log: a.log,
		OnDegraded: func(degraded bool) {
			a.metrics.degraded.Set(0)
			if degraded {
				a.metrics.degraded.Set(1)
			}
		},
	})
	if err != nil {
		return err
	}
	if a.cooldown, err = newCooldown(a.now); err != nil {
		return err
	}
	perMinute := a.config.AddressLimit
	// Limits measure time that passes, not the time of day, which may be set back:
	// they keep the clock that is theirs.
	a.addresses, err = ratelimit.NewAddress(ratelimit.AddressConfig{
		Limit:   ratelimit.Limit{Rate: perMinute, Burst: max(perMinute/4, 1), Period: time.Minute},
		Proxies: a.config.TrustedProxies,
		Refuse:  func(w http.ResponseWriter, r *http.Request, _ ratelimit.Result) { refuseAddress(w, r) },
	})
	return err
}

func (a *App) openIdentity(context.Context) (err error) {
	a.verifier, err = auth.NewVerifier(auth.VerifierConfig{
		Issuer: a.config.JWTIssuer, Audience: a.config.JWTAudience, JWKSURL: a.config.JWKSURL, Now: a.now, Log: a.log,
	})
	if err != nil {
		return err
	}
	authenticator, err := auth.NewAuthenticator(auth.AuthenticatorConfig{Verifier: a.verifier, Directory: a.directory, Now: a.now})
	if err != nil {
		return err
	}
	var host auth.Host
	if a.config.PublicURL != "" {
		if host, err = auth.NewHost(a.config.PublicURL); err != nil {
			return err
		}
	}
	a.invitations = invitations{
		verifier: a.verifier, driver: a.driver, records: a.records, log: a.log, now: a.now, newID: a.newID,
	}
	a.gate = &gate{
		auth: authenticator, directory: a.directory, records: a.records, policies: a.engine,
		host: host, log: a.log, now: a.now, newID: a.newID,
	}
	return nil
}

func (a *App) openHealth() {
	a.health = &health{
		pool: a.pool, records: a.records, keys: a.verifier.Ready, limits: a.limiter.Degraded,
		log: a.log, metrics: a.metrics, newID: a.newID, now: a.now,
	}
}

// newAPIKey draws an API key, for the one time that it is shown.
func newAPIKey() (reveal, publicID, lastFour string, hash [sha256.Size]byte, err error) {
	key, err := auth.NewKey(rand.Reader, true)
	return key.Reveal(), key.PublicID(), key.LastFour(), key.Hash(), err
}

func (a *App) openGraph() {
	a.graph = graph.NewHandler(graph.HandlerConfig{
		Door: graph.DoorConfig{
			Policies: a.engine, Driver: a.driver, Client: ent.NewClient(ent.Driver(a.driver)), Records: a.records,
			Log: a.log, Now: a.now, NewID: a.newID, Tracer: a.tracing.Tracer("github.com/voxanne/cascade/graph"),
			Secrets: a.secrets, Random: rand.Reader, Refresh: a.gate.refresh,
			Spend: till{limiter: a.limiter, cooldown: a.cooldown, metrics: a.metrics, now: a.now}.spend,
		},
		Resolver: &graph.Resolver{
			Watch: a.watch, Now: a.now, NewID: a.newID, NewAPIKey: newAPIKey, Random: rand.Reader,
			Secrets: a.secrets, Feed: a.feed, Policies: a.desk, PlayRecording: a.playRecording,
			Hindsight: hindsight{a.engine},
		},
		Introspection: a.deps.Introspection,
		Websocket:     newSocket(a.gate, a.config.Origins),
		Problem:       writeProblem,
	})
}
