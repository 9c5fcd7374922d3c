package server_test

import (
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/local"
)

// plant is a hole beside those of the catalog, which migrations/lint plants.
type plant struct {
	code string
	at   string // what the hole's place contains
	also string // other facts that do not hold for it, separated by blanks
	down func(*testing.T, *stage, *server.Planted)
}

// plants are all of them: one at least for each fact that check proves.
func plants() []plant {
	all := []plant{
		{"graphql-undecided", "Query.leak bears neither", "", func(_ *testing.T, _ *stage, p *server.Planted) {
			schema, query := *p.Schema, *p.Schema.Query
			query.Fields = append(slices.Clone(query.Fields), &ast.FieldDefinition{Name: "leak", Type: ast.NamedType("Int", nil)})
			schema.Query, p.Schema = &query, &schema
		}},
		{"server", "no such file", "config-keyset", config(func(c *server.Config) { c.SecretsKeysetFile = "/nowhere" })},
		{"routes-undeclared", "GET /leak", "", route(server.Route{Pattern: "GET /leak", Handler: http.NotFoundHandler()})},
		{"routes-open", "GET /leak/x answers 200", "", route(server.Route{
			Pattern: "GET /leak/{id}", Proof: server.Credential,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "canary") }),
		})},
		{"routes-open", "POST /leak answers 200", "", route(server.Route{
			Pattern: "/leak", Proof: server.Signature,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					w.WriteHeader(http.StatusNotFound)
				}
				_, _ = io.WriteString(w, "canary")
			}),
		})},
		{"routes-unguarded", "POST /leak", "", route(server.Route{
			Pattern: "POST /leak", Proof: server.Credential,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Del("X-Content-Type-Options")
				w.WriteHeader(http.StatusUnauthorized)
			}),
		})},
		{"routes-body", "POST /large takes 1073741824 bytes", "", route(server.Route{
			Pattern: "POST /large", Proof: server.Nothing, MaxBody: 1 << 30, Handler: http.NotFoundHandler(),
		})},
		{"clock", "behind", "", func(_ *testing.T, _ *stage, p *server.Planted) {
			p.Now = func() time.Time { return time.Now().Add(10 * time.Second) }
		}},
		{"clock", "ahead", "", func(_ *testing.T, _ *stage, p *server.Planted) {
			p.Now = func() time.Time { return time.Now().Add(-10 * time.Second) }
		}},
		{"redis-answers", "127.0.0.1:1", "", config(func(c *server.Config) { c.RedisURL = "redis://127.0.0.1:1" })},
		{"redis-forgets", "allkeys-lru", "", forgetful},
		{"store-answers", "no such directory", "server", config(func(c *server.Config) { c.BlobURL = "file:///nowhere/recordings" })},
		{"keys-answer", "", "", config(func(c *server.Config) { c.JWKSURL = "http://127.0.0.1:1/keys" })},
		{"postgres-answers", "DATABASE_URL is not set", "", config(func(c *server.Config) { c.DatabaseURL = "" })},
		{"postgres-answers", "failed to connect", "", config(func(c *server.Config) { c.DatabaseURL = "postgres://x@127.0.0.1:1/x" })},
	}
	return append(append(all, configured()...), tried()...)
}

// configured are holes of the configuration.
func configured() []plant {
	return []plant{
		{"config-issuer", "CASCADE_JWT_ISSUER not set", "server keys-answer", config(func(c *server.Config) { c.JWTIssuer = "" })},
		{"config-issuer", "CASCADE_JWKS_URL not set", "server", config(func(c *server.Config) { c.JWKSURL = "" })},
		{"config-issuer-plain", "http://id.example", "", config(func(c *server.Config) { c.JWTIssuer = "http://id.example/auth" })},
		{"config-issuer", "must be https", "server keys-answer", config(func(c *server.Config) { c.JWKSURL = "http://id.invalid/keys" })},
		{"config-redis", "REDIS_URL is not set", "server", config(func(c *server.Config) { c.RedisURL = "" })},
		{"config-redis-plain", "0.0.0.0 without TLS", "redis-answers", config(func(c *server.Config) { c.RedisURL = "redis://:secret@0.0.0.0:1" })},
		{"config-redis-plain", "0.0.0.0 without a password", "redis-answers", config(func(c *server.Config) { c.RedisURL = "rediss://0.0.0.0:1" })},
		{"config-database-plain", "0.0.0.0", "postgres-answers", config(func(c *server.Config) { c.DatabaseURL = "postgres://cascade_app@0.0.0.0:1/cascade?sslmode=require" })},
		{"config-database-plain", "0.0.0.0", "postgres-answers", config(func(c *server.Config) { c.DatabaseURL = "postgres://cascade_app@0.0.0.0:1/cascade" })},
		{"config-owner", "CASCADE_OWNER_DATABASE_URL is set", "", config(func(c *server.Config) { c.OwnerDatabaseURL = c.DatabaseURL })},
		{"config-origin", "http://app.example.com", "", config(func(c *server.Config) { c.Origins = []string{"https://app.example.com", "http://app.example.com"} })},
		{"config-origin", "https://*.example.com", "", config(func(c *server.Config) { c.Origins = []string{"https://*.example.com"} })},
		{"config-origin", "*", "", config(func(c *server.Config) { c.Origins = []string{"*"} })},
		{"config-origin", "null", "", config(func(c *server.Config) { c.Origins = []string{"null"} })},
		{"config-public-url", "CASCADE_PUBLIC_URL is not set", "", config(func(c *server.Config) { c.PublicURL = "" })},
		{"config-public-url", "http://api.example.com", "", config(func(c *server.Config) { c.PublicURL = "http://api.example.com" })},
		{"config-proxies", "0.0.0.0/0", "", config(func(c *server.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} })},
		{"config-traces-plain", "http://collector.example", "", config(func(c *server.Config) { c.OTLPEndpoint = "http://collector.example:4318" })},
		{"config-recordings-plain", "http://blobs.example", "server store-answers", config(func(c *server.Config) { c.BlobURL = "http://blobs.example/bucket" })},
		{"config-seal-key", "CASCADE_SEAL_KEY_FILE is not set", "server", config(func(c *server.Config) { c.SealKeyFile = "" })},
		{"config-seal-key", "reading the seal key: open", "server", config(func(c *server.Config) { c.SealKeyFile = "/nowhere" })},
		{"config-seal-key", "a seal key is one line", "server", sealKey("k1:short", 0o600)},
		{"config-seal-key", "key dev-1 is a development server's", "seal-accepted", sealKey(rls.DevPrefix+"1:"+strings.Repeat("00", 32), 0o600)},
		{"config-seal-key-readable", "-rw-r--r--", "", sealKey("test:"+strings.Repeat("00", 32), 0o644)},
		{"config-keyset", "CASCADE_SECRETS_KEYSET_FILE is not set", "", config(func(c *server.Config) { c.SecretsKeysetFile = "" })},
		{"config-development", "seal.key", "", func(t *testing.T, _ *stage, p *server.Planted) {
			t.Helper()
			// The stage keeps its issuer's key beside the seal's, as dev does.
			if err := os.Mkdir(filepath.Join(filepath.Dir(p.Config.SealKeyFile), "postgres"), 0o700); err != nil {
				t.Fatal(err)
			}
		}},
	}
}

// tried are holes in what the database does.
func tried() []plant {
	without := func(condition, always string) func(*testing.T, *stage, *server.Planted) {
		return func(t *testing.T, s *stage, _ *server.Planted) {
			t.Helper()
			s.Exec(t, `do $$ begin execute replace(pg_get_functiondef('app.scope()'::regprocedure), $x$`+condition+`$x$, '`+always+`'); end $$`)
		}
	}
	return []plant{
		{"scope-none", "call_logs", "policy-scope policy-ungated", func(t *testing.T, s *stage, _ *server.Planted) {
			t.Helper()
			s.clinic(t, "sunrise")
			s.Exec(t, `alter policy org_select on call_logs using (true); drop policy sealed on call_logs`)
		}},
		{"seal-accepted", "scope refused", "", sealKey("other:"+strings.Repeat("00", 32), 0o600)},
		{"seal-accepted", "scope refused", "", sealKey("test:"+strings.Repeat("11", 32), 0o600)},
		{"seal-forged", "a scope under a key", "", without(`encode(sha256(key.outer_pad || sha256(key.inner_pad || convert_to(body, 'UTF8'))), 'hex') <> mac`, "false")},
		{"seal-expired", "a scope that ended", "", without(`(doc ->> 'e')::bigint >= extract(epoch from clock_timestamp())`, "true")},
		{"seal-elsewhere", "another connection", "", without(`(doc ->> 'p')::int = pg_backend_pid()`, "true")},
	}
}

func config(change func(*server.Config)) func(*testing.T, *stage, *server.Planted) {
	return func(_ *testing.T, _ *stage, p *server.Planted) { change(&p.Config) }
}

func route(r server.Route) func(*testing.T, *stage, *server.Planted) {
	return func(_ *testing.T, _ *stage, p *server.Planted) {
		p.Deps.Routes = func(*server.App) []server.Route { return []server.Route{r} }
	}
}

func sealKey(text string, mode os.FileMode) func(*testing.T, *stage, *server.Planted) {
	return func(t *testing.T, _ *stage, p *server.Planted) {
		t.Helper()
		p.Config.SealKeyFile = filepath.Join(t.TempDir(), "seal.key")
		if err := os.WriteFile(p.Config.SealKeyFile, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
}

// forgetful is a Redis that drops counts when its memory is full.
func forgetful(t *testing.T, _ *stage, p *server.Planted) {
	t.Helper()
	own, err := local.StartRedis(t.Context(), local.RedisConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Stop(); err != nil {
			t.Error(err)
		}
	})
	p.Config.RedisURL = own.URL()
	options, err := redis.ParseURL(own.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	for name, value := range map[string]string{"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"} {
		if err := client.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
}
