package server

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/ratelimit"
)

// checkTime bounds everything that a check asks of others.
const checkTime = 20 * time.Second

// Check proves the walls of a deployment by asking the live database as the
// app role, and says of what else it needs whether it answers. dev tells that
// the data belong to a development server, whose seal key is known to be one.
func Check(ctx context.Context, c Config, dev bool) []Fact {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	facts := walls(ctx, c, dev)
	if c.RedisURL != "" {
		facts = append(facts, redisAnswers(ctx, c))
	}
	if c.JWKSURL != "" {
		facts = append(facts, keysAnswer(ctx, c))
	}
	return facts
}

// Serve runs a server in production: it proves every wall first, and answers
// Refused when one is down.
func Serve(ctx context.Context, c Config, d Deps) error {
	bounded, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	if holes := Holes(walls(bounded, c, false)); len(holes) > 0 {
		return Refused(holes)
	}
	return Run(ctx, c, d)
}

// walls are the facts without which nothing is served. Redis and the issuer
// may be away when a server starts; whether they are configured is a wall.
func walls(ctx context.Context, c Config, dev bool) []Fact {
	key, keyFact := sealKeyFact(c.SealKeyFile, dev)
	facts := []Fact{issuerFact(c), limitsFact(c), keyFact}
	if c.DatabaseURL == "" {
		return append(facts, Fact{Name: "Postgres answers", At: "DATABASE_URL is not set", Why: "There is no database.", Mend: "set DATABASE_URL to the app role's address"})
	}
	conn, err := connect(ctx, c.DatabaseURL)
	if err != nil {
		return append(facts, Fact{Name: "Postgres answers", At: err.Error(), Why: "No wall can be proved.", Mend: "start Postgres, or correct DATABASE_URL"})
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	facts = append(facts, Fact{Name: "Postgres answers", OK: true})
	return append(facts, databaseFacts(ctx, conn, key, keyFact.OK)...)
}

func connect(ctx context.Context, dsn string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the address does not read")
	}
	config.ConnectTimeout = 5 * time.Second
	return pgx.ConnectConfig(ctx, config)
}

func issuerFact(c Config) Fact {
	f := Fact{
		Name: "tokens have an issuer", Why: "Nobody's tokens could be checked.",
		Mend: "set CASCADE_JWT_ISSUER, CASCADE_JWT_AUDIENCE and CASCADE_JWKS_URL",
	}
	var missing []string
	for name, value := range map[string]string{
		"CASCADE_JWT_ISSUER": c.JWTIssuer, "CASCADE_JWT_AUDIENCE": c.JWTAudience, "CASCADE_JWKS_URL": c.JWKSURL,
	} {
		if value == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		f.At = sorted(missing) + " not set"
		return f
	}
	if _, err := auth.NewVerifier(auth.VerifierConfig{Issuer: c.JWTIssuer, Audience: c.JWTAudience, JWKSURL: c.JWKSURL}); err != nil {
		f.At = err.Error()
		return f
	}
	return Fact{Name: f.Name, OK: true}
}

func limitsFact(c Config) Fact {
	f := Fact{Name: "limits are shared by all nodes", Why: "Each node would let a whole plan through.", Mend: "set REDIS_URL"}
	if c.RedisURL == "" {
		f.At = "REDIS_URL is not set"
		return f
	}
	return Fact{Name: f.Name, OK: true}
}

func sealKeyFact(path string, dev bool) (rls.Key, Fact) {
	f := Fact{
		Name: "the seal key is this deployment's own", Why: "Whoever knows the key can write any clinic's scope.",
		Mend: `printf 'k1:%s' "$(openssl rand -hex 32)" > FILE, set CASCADE_SEAL_KEY_FILE, and migrate up`,
	}
	if path == "" {
		f.At = "CASCADE_SEAL_KEY_FILE is not set"
		return rls.Key{}, f
	}
	key, err := readSealKey(path)
	switch {
	case err != nil:
		f.At = err.Error()
	case strings.HasPrefix(key.ID(), rls.DevPrefix) && !dev:
		f.At = "key " + key.ID() + " is a development server's"
	default:
		return key, Fact{Name: f.Name, OK: true}
	}
	return rls.Key{}, f
}

func redisAnswers(ctx context.Context, c Config) Fact {
	f := Fact{Name: "Redis answers", Why: "Without it each node holds its share of every limit alone.", Mend: "start Redis, or correct REDIS_URL"}
	client, err := ratelimit.NewRedis(c.RedisURL)
	if err != nil {
		f.At = err.Error()
		return f
	}
	defer func() { _ = client.Close() }() // nothing was written
	if err := client.Ping(ctx).Err(); err != nil {
		f.At = err.Error()
		return f
	}
	return Fact{Name: f.Name, OK: true}
}

func keysAnswer(ctx context.Context, c Config) Fact {
	f := Fact{Name: "the issuer's keys can be had", Why: "No token can be checked without them.", Mend: "see that CASCADE_JWKS_URL can be reached from here"}
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Issuer: c.JWTIssuer, Audience: c.JWTAudience, JWKSURL: c.JWKSURL})
	if err == nil {
		err = verifier.Ready(ctx)
	}
	if err != nil {
		f.At = err.Error()
		return f
	}
	return Fact{Name: f.Name, OK: true}
}
