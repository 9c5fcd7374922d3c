package chaos_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/migrations"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/local"
)

const (
	issuerName = "https://id.example/auth/v1"
	audience   = "authenticated"
	hookSecret = "a-secret-of-the-clinic"
	clinics    = 50
	seedCalls  = 5
)

// stage is what the server stands on.
type stage struct {
	dir    string
	keys   *secret.Keyset
	issuer *auth.Issuer
	server *process

	mu       sync.Mutex // of the servers, which wires look up
	postgres *local.Postgres
	redis    *local.Redis

	toPostgres, toRedis *wire
}

// newStage starts a private Postgres and Redis with an empty database, wires to
// both, and the server at their ends.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{dir: t.TempDir(), server: &process{}}
	s.startPostgres(t)
	s.startRedis(t)
	t.Cleanup(func() {
		s.server.end()
		if err := errors.Join(s.postgres.Stop(), s.redis.Stop()); err != nil {
			t.Error(err)
		}
	})
	s.toPostgres = newWire(t, "postgres", s.dialPostgres)
	s.toRedis = newWire(t, "redis", s.dialRedis)
	s.server.config = s.configure(t)
	return s
}

// configure makes the keys and the database, and says where all of it is.
func (s *stage) configure(t *testing.T) server.Config {
	t.Helper()
	seal, keyset := filepath.Join(s.dir, "seal.key"), filepath.Join(s.dir, "keyset.json")
	key, err := rls.NewKey("k1", rand.Reader)
	if err == nil {
		err = os.WriteFile(seal, key.File(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.keys, err = secret.Create(keyset); err != nil {
		t.Fatal(err)
	}
	if s.issuer, err = auth.CreateIssuer(filepath.Join(t.TempDir(), "issuer.key")); err != nil {
		t.Fatal(err)
	}
	// Tokens that a clock which is off by some minutes still finds good.
	s.issuer.Now = func() time.Time { return time.Now().Add(-30 * time.Minute) }
	jwks := httptest.NewServer(s.issuer.JWKSHandler())
	t.Cleanup(jwks.Close)
	if err := s.postgres.CreateOwner(t.Context(), "cascade_owner", "cascade"); err != nil {
		t.Fatal(err)
	}
	with(t, s.postgres.DSN("cascade_owner", "cascade"), func(conn *pgx.Conn) error {
		if _, err := migrations.Up(t.Context(), conn); err != nil {
			return err
		}
		inner, outer := key.Pads()
		return migrations.InstallSealKey(t.Context(), conn, migrations.SealKey{ID: key.ID(), Inner: inner, Outer: outer})
	})
	return server.Config{
		Addr: "127.0.0.1:0", PublicURL: "https://api.example.com",
		DatabaseURL: "postgres://cascade_app@" + s.toPostgres.addr() + "/cascade?sslmode=disable",
		RedisURL:    "redis://" + s.toRedis.addr(),
		JWTIssuer:   issuerName, JWTAudience: audience, JWKSURL: jwks.URL,
		SealKeyFile: seal, SecretsKeysetFile: keyset, Nodes: 1, AddressLimit: 10_000_000,
	}
}

func (s *stage) startPostgres(t *testing.T) {
	t.Helper()
	p, err := local.StartPostgres(context.WithoutCancel(t.Context()), local.PostgresConfig{Dir: s.dir, Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.postgres = p
}

func (s *stage) startRedis(t *testing.T) {
	t.Helper()
	r, err := local.StartRedis(context.WithoutCancel(t.Context()), local.RedisConfig{Dir: s.dir})
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redis = r
}

// dialPostgres reaches the Postgres that runs now.
func (s *stage) dialPostgres(ctx context.Context) (net.Conn, error) {
	s.mu.Lock()
	config, err := pgx.ParseConfig(s.postgres.DSN("postgres", "cascade"))
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(config.Host, fmt.Sprintf(".s.PGSQL.%d", config.Port)))
}

// dialRedis reaches the Redis that runs now.
func (s *stage) dialRedis(ctx context.Context) (net.Conn, error) {
	s.mu.Lock()
	u, err := url.Parse(s.redis.URL())
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if u.Scheme == "unix" {
		return (&net.Dialer{}).DialContext(ctx, "unix", u.Path)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
}

// super does something past every wall.
func (s *stage) super(t *testing.T, do func(*pgx.Conn) error) {
	t.Helper()
	with(t, s.postgres.DSN("postgres", "cascade"), do)
}

// exec runs a statement past every wall.
func (s *stage) exec(t *testing.T, statement string) {
	t.Helper()
	s.super(t, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), statement)
		return err
	})
}

func with(t *testing.T, dsn string, do func(*pgx.Conn) error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := do(conn); err != nil {
		t.Fatal(err)
	}
}

// open makes the clinics, each with an owner, a few calls, and an address for
// its provider, and a plan so large that no limit is met.
func (s *stage) open(t *testing.T) []*clinic {
	t.Helper()
	all := make([]*clinic, clinics)
	batch := &pgx.Batch{}
	for i := range all {
		c := newClinic(i)
		token, err := s.issuer.Issue(auth.TokenRequest{Subject: c.slug, Issuer: issuerName, Audience: audience, TTL: 3 * time.Hour, MFA: true})
		if err != nil {
			t.Fatal(err)
		}
		c.token = token
		all[i] = c
		integration, user, hash := newID(), newID(), sha256.Sum256([]byte(c.hook))
		sealed, err := s.keys.Seal([]byte(hookSecret), secret.Place{Org: c.org, Row: integration, Column: "integrations.webhook_secret"}.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		batch.Queue(`insert into organizations (id, kind, name, slug, timezone, plan, requests_per_minute, cost_per_hour)
			values ($1, 'clinic', $2, $2, 'Europe/London', 'scale', 10000000, 100000000)`, c.org, c.slug)
		batch.Queue(`insert into users (id, issuer, subject, email) values ($1, $2, $3, $3 || '@example.com')`, user, issuerName, c.slug)
		batch.Queue(`insert into memberships (org_id, id, user_id, role, email) values ($1, $2, $3, 'owner', 'x@example.com')`, c.org, newID(), user)
		batch.Queue(`insert into integrations (org_id, id, provider, status, webhook_key_hash, webhook_auth, webhook_secret)
			values ($1, $2, 'vapi', 'connected', $3, '{"method":"secret"}', $4)`, c.org, integration, hash[:], sealed)
		for range seedCalls {
			id := newID()
			c.seeds = append(c.seeds, id)
			batch.Queue(`insert into call_logs (org_id, id, provider_call_id, direction, status, caller_name, started_at, duration_seconds)
				values ($1, $2, $3, 'inbound', 'completed', $4, now(), 60)`, c.org, id, id.String(), c.canary)
			c.calls[id.String()] = &phoneCall{}
		}
	}
	s.super(t, func(conn *pgx.Conn) error { return conn.SendBatch(t.Context(), batch).Close() })
	return all
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
