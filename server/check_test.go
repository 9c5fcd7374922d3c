package server_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server"
)

// holes are the facts that do not hold, one line each.
func holes(t *testing.T, c server.Config) string {
	t.Helper()
	var lines []string
	for _, f := range server.Holes(server.Check(t.Context(), c, false)) {
		if f.At == "" || f.Why == "" || f.Mend == "" || strings.Contains(f.String(), "\n") {
			t.Errorf("a hole must say where, why and how to mend it, on one line: %+v", f)
		}
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

func TestADeploymentIsWhole(t *testing.T) {
	t.Parallel()
	if got := holes(t, prepare(t).config); got != "" {
		t.Error(got)
	}
}

// Each wall that is taken down is seen, and nothing is served without it.
func TestServeRefusesWithoutAWall(t *testing.T) {
	t.Parallel()
	seal := func(text string) func(*testing.T, *stage) {
		return func(t *testing.T, s *stage) {
			t.Helper()
			s.config.SealKeyFile = filepath.Join(t.TempDir(), "seal.key")
			if err := os.WriteFile(s.config.SealKeyFile, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	set := func(change func(*server.Config)) func(*testing.T, *stage) {
		return func(_ *testing.T, s *stage) { change(&s.config) }
	}
	run := func(statement string) func(*testing.T, *stage) {
		return func(t *testing.T, s *stage) { t.Helper(); s.Exec(t, statement) }
	}
	for _, tc := range []struct {
		want string
		down func(*testing.T, *stage)
	}{
		{"tokens have an issuer: CASCADE_JWT_ISSUER not set", set(func(c *server.Config) { c.JWTIssuer = "" })},
		{"tokens have an issuer: CASCADE_JWKS_URL not set", set(func(c *server.Config) { c.JWKSURL = "" })},
		{"limits are shared by all nodes: REDIS_URL is not set", set(func(c *server.Config) { c.RedisURL = "" })},
		{"Postgres answers: DATABASE_URL is not set", set(func(c *server.Config) { c.DatabaseURL = "" })},
		{"Postgres answers: failed to connect", set(func(c *server.Config) { c.DatabaseURL = "postgres://x@127.0.0.1:1/x" })},
		{"the seal key is this deployment's own: CASCADE_SEAL_KEY_FILE is not set", set(func(c *server.Config) { c.SealKeyFile = "" })},
		{"the seal key is this deployment's own: reading the seal key: open", set(func(c *server.Config) { c.SealKeyFile = "/nowhere" })},
		{"the seal key is this deployment's own: key dev-1 is a development", seal(rls.DevPrefix + "1:" + strings.Repeat("00", 32))},
		{"the seal key is this deployment's own: reading the seal key: a seal key is one line", seal("k1:short")},
		{"the database accepts the seal key: ERROR: scope refused", seal("other:" + strings.Repeat("00", 32))},
		{"the app role is no superuser: postgres", func(_ *testing.T, s *stage) { s.config.DatabaseURL = s.SuperDSN }},
		{"the app role is bound by row-level security: postgres", func(_ *testing.T, s *stage) { s.config.DatabaseURL = s.SuperDSN }},
		{"the app role owns nothing: ", func(_ *testing.T, s *stage) { s.config.DatabaseURL = s.OwnerDSN }},
		{"the app role owns nothing: contacts", run(`alter table contacts owner to cascade_app`)},
		{"every migration is applied: 0009_stats.sql", run(`delete from schema_migrations where name = '0009_stats.sql'`)},
		{"every migration is applied: 0009_stats.sql: an applied migration was edited", run(`update schema_migrations set sum = 'x' where name = '0009_stats.sql'`)},
		{"every table stands behind its walls: no row-level security, or not forced: contacts", run(`alter table contacts no force row level security`)},
		{"without a scope there are no rows: call_logs", run(`alter policy org_select on call_logs using (true)`)},
		{"the audit can only grow: audit_decisions delete", run(`grant delete on audit_decisions to cascade_app`)},
		{"the app role cannot read seal keys: app.seal_keys", run(`grant select on app.seal_keys to cascade_app`)},
		{"the database refuses a forged seal: a scope under a key", run(`create or replace function app.scope() returns jsonb
			language sql stable security definer set search_path = pg_catalog, pg_temp as $$ select '{}'::jsonb $$`)},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			s := prepare(t)
			s.clinic(t, "sunrise")
			tc.down(t, s)
			err := server.Serve(t.Context(), s.config, server.Deps{})
			if err == nil || !strings.Contains(err.Error(), "HOLE  "+tc.want) {
				t.Errorf("serve: %v", err)
			}
			if got := holes(t, s.config); !strings.Contains(got, tc.want) {
				t.Errorf("check: %s", got)
			}
		})
	}
}

func TestWhatElseIsNeededIsAsked(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	s.config.RedisURL, s.config.JWKSURL = "redis://127.0.0.1:1", "http://127.0.0.1:1/keys"
	got := holes(t, s.config)
	if !strings.Contains(got, "Redis answers: ") || !strings.Contains(got, "the issuer's keys can be had: ") {
		t.Error(got)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	s.config.OwnerDatabaseURL = s.OwnerDSN
	key := filepath.Join(t.TempDir(), "k1.key")
	if err := os.WriteFile(key, []byte("k1:"+strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.config.SealKeyFile = key
	var out bytes.Buffer
	if err := server.Migrate(t.Context(), s.config, &out); err != nil || out.String() != "nothing to apply\naccepts seal key k1\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if got := holes(t, s.config); got != "" {
		t.Errorf("the key that was set: %s", got)
	}
	out.Reset()
	if err := server.MigrationStatus(t.Context(), s.config, &out); err != nil || !strings.Contains(out.String(), "0001_scope.sql") || strings.Contains(out.String(), "pending") {
		t.Errorf("%s, %v", out.String(), err)
	}
	s.Exec(t, `drop table schema_migrations`)
	out.Reset()
	if err := server.MigrationStatus(t.Context(), s.config, &out); err != nil || !strings.Contains(out.String(), "pending") {
		t.Errorf("a new database: %s, %v", out.String(), err)
	}
	s.config.OwnerDatabaseURL = ""
	if err := server.Migrate(t.Context(), s.config, &out); err == nil || !strings.Contains(err.Error(), "CASCADE_OWNER_DATABASE_URL") {
		t.Errorf("without an owner: %v", err)
	}
}
