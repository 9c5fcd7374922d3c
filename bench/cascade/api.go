package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/bench/data"
	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	_ "github.com/voxanne/cascade/ent/runtime" // the rules of the schema
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/directory"
)

// api is the GraphQL endpoint behind its authentication.
type api struct {
	graph  http.Handler
	auth   *auth.Authenticator
	host   auth.Host
	newID  func() uuid.UUID
	closes []func() error // in the order of making
}

func newAPI(ctx context.Context, c config) (_ *api, err error) {
	a := &api{newID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) }}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	pool, err := a.pool(ctx, c.dsn, c.conns)
	if err != nil {
		return nil, err
	}
	if err := a.authenticate(pool, c, log); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(c.key)
	if err != nil {
		return nil, err
	}
	key, err := rls.ParseKey(text)
	if err != nil {
		return nil, err
	}
	records := pool
	if !c.has(auditPart) {
		if records, err = a.pool(ctx, c.blank, 2); err != nil {
			return nil, err
		}
	}
	door := graph.DoorConfig{
		Driver: rls.New(rls.Config{Pool: pool, Key: key}), Log: log, Now: time.Now, NewID: a.newID,
		Records: audit.NewWriter(records, key, a.newID()),
	}
	a.closes = append(a.closes, func() error { door.Records.Close(); return nil })
	door.Client = ent.NewClient(ent.Driver(door.Driver))
	door.Policies = allowing{newID: a.newID}
	if c.has(decisionsPart) {
		if door.Policies, err = opa.New(ctx, rego.Files, opa.Config{Budget: c.budget}); err != nil {
			return nil, err
		}
	}
	if c.has(limitsPart) {
		if door.Spend, err = a.spend(c.redis, log); err != nil {
			return nil, err
		}
	}
	watch := audit.NewWatch(pool, key, log)
	a.closes = append(a.closes, func() error { watch.Close(); return nil })
	a.graph = graph.NewHandler(graph.HandlerConfig{
		Door: door, Resolver: &graph.Resolver{Watch: watch, Now: time.Now, NewID: a.newID},
	})
	return a, nil
}

// pool connects as the app role.
func (a *api) pool(ctx context.Context, dsn string, conns int) (*pgxpool.Pool, error) {
	config, err := rls.PoolConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(conns) //nolint:gosec // G115: a small number
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	a.closes = append(a.closes, func() error { pool.Close(); return nil })
	return pool, nil
}

func (a *api) authenticate(pool *pgxpool.Pool, c config, log *slog.Logger) error {
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Issuer: data.Issuer, Audience: data.Audience, JWKSURL: c.jwks})
	if err != nil {
		return err
	}
	live := directory.New(directory.Config{Pool: pool, Log: log})
	a.closes = append(a.closes, func() error { live.Close(); return nil })
	people := auth.Directory(live)
	if !c.has(membershipPart) {
		people = &remembering{Directory: live}
	}
	if a.auth, err = auth.NewAuthenticator(auth.AuthenticatorConfig{Verifier: verifier, Directory: people}); err != nil {
		return err
	}
	a.host, err = auth.NewHost("http://127.0.0.1")
	return err
}

// Close ends what newAPI started, the last first.
func (a *api) Close() error {
	var failed error
	for _, end := range slices.Backward(a.closes) {
		failed = errors.Join(failed, end())
	}
	return failed
}

// ServeHTTP finds out who asks, and about which clinics, and hands on.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, facts := directory.WithFacts(r.Context())
	ctx = context.WithValue(ctx, chargedKey{}, charged{facts, w.Header()})
	id, err := a.auth.Authenticate(ctx, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	orgs, _, err := auth.Choose(r, id, a.host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	ctx = graph.WithRequest(ctx, graph.Request{
		Subject: id.Subject, Orgs: orgs, Zones: facts.Zones(),
		Origin:         audit.Origin{RequestID: a.newID().String()},
		IdempotencyKey: r.Header.Get("Idempotency-Key"),
	})
	a.graph.ServeHTTP(w, r.WithContext(ctx))
}

// allowing is a policy that claims everything, which the envelope then holds
// to what the subject's facts prove: decisions without OPA.
type allowing struct{ newID func() uuid.UUID }

func (a allowing) For([]uuid.UUID) policy.Decider { return a }
func (allowing) Revision() string                 { return "static" }

func (a allowing) Decide(_ context.Context, q policy.Request) policy.Decision {
	return policy.Judge(q, policy.Verdict{Allow: true, Reason: "static", OrgIDs: q.Orgs},
		policy.Evidence{ID: a.newID(), Revision: a.Revision(), Input: []byte("{}")})
}
