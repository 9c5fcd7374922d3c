// Command floor is what the benchmark measures Cascade against: the same
// questions answered by hand, with net/http and pgx, one round trip each. It
// checks the same tokens, and the same row-level security binds it. It has no
// GraphQL, no decisions, no records and no limits.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/bench/data"
	"github.com/voxanne/cascade/bench/process"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/auth"
)

func main() {
	dsn := flag.String("dsn", "", "the database, as the app role")
	key := flag.String("key", "", "the file of the seal key")
	jwks := flag.String("jwks", "", "the URL of the issuer's keys")
	conns := flag.Int("conns", 16, "connections to the database")
	flag.Parse()
	if err := run(context.Background(), *dsn, *key, *jwks, int32(*conns)); err != nil { //nolint:gosec // G115: a small number
		slog.Error("floor", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dsn, keyFile, jwks string, conns int32) error {
	text, err := os.ReadFile(keyFile) //nolint:gosec // G304: named by the benchmark
	if err != nil {
		return err
	}
	key, err := rls.ParseKey(text)
	if err != nil {
		return err
	}
	config, err := rls.PoolConfig(dsn)
	if err != nil {
		return err
	}
	config.MaxConns = conns
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Issuer: data.Issuer, Audience: data.Audience, JWKSURL: jwks})
	if err != nil {
		return err
	}
	f := &floor{database: database{pool: pool, key: key}, verifier: verifier}
	return process.Serve(ctx, f.routes())
}

// floor answers the benchmark's questions.
type floor struct {
	database
	verifier *auth.Verifier
}

func (f *floor) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /calls", f.answer(f.calls))
	mux.HandleFunc("GET /calls/{id}", f.answer(f.call))
	mux.HandleFunc("GET /stats", f.answer(f.countedStats))
	mux.HandleFunc("GET /stats/daily", f.answer(f.dailyStats))
	mux.HandleFunc("POST /knowledge", f.answer(f.addArticle))
	return mux
}

// answer checks the token, whose choice of a clinic it believes, and sends what
// ask appends.
func (f *floor) answer(ask func(r *http.Request, org uuid.UUID, to []byte) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, err := auth.BearerToken(r.Header.Get("Authorization"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		claims, err := f.verifier.Verify(r.Context(), raw)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		org, err := uuid.Parse(claims.OrgChoice)
		if err != nil {
			http.Error(w, "no clinic", http.StatusForbidden)
			return
		}
		body, err := ask(r, org, make([]byte, 0, 8<<10))
		if err != nil {
			status := http.StatusInternalServerError
			if errors.Is(err, errAbsent) {
				status = http.StatusNotFound
			}
			http.Error(w, err.Error(), status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the reader went away: nothing to do
	}
}
