package server_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/migrations/lint"
	"github.com/voxanne/cascade/server"
)

// The servers of tests are Ephemeral: they would lose data in a power cut, and
// check says so. Nothing else may be wrong with them.
func ephemeral(f server.Fact) bool {
	return f.Code == "setting-durable" && (f.At == "fsync = off" || f.At == "full_page_writes = off")
}

// holes are what does not hold, beside what is so of every test's servers.
func holes(t *testing.T, facts []server.Fact) (all []server.Fact) {
	t.Helper()
	durable := 0
	for _, f := range server.Holes(facts) {
		if f.At == "" || f.Why == "" || f.Mend == "" || f.Code == "" || f.Serve == "" || strings.Contains(f.String(), "\n") {
			t.Errorf("a hole must say where, why and how to mend it, on one line: %+v", f)
		}
		if ephemeral(f) {
			durable++
			continue
		}
		all = append(all, f)
	}
	if asked := slices.ContainsFunc(facts, func(f server.Fact) bool { return f.Code == "rls-off" }); asked && durable != 2 {
		t.Errorf("the test's own Postgres is ephemeral, and %d settings say so", durable)
	}
	return all
}

func TestADeploymentIsWhole(t *testing.T) {
	t.Parallel()
	facts := server.Check(t.Context(), prepare(t).config, false)
	for _, f := range holes(t, facts) {
		t.Error(f)
	}
	var proved, known []string
	for _, f := range facts {
		proved = append(proved, f.Code)
	}
	all, err := server.Facts()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		known = append(known, f.Code)
	}
	slices.Sort(proved)
	slices.Sort(known)
	if !slices.Equal(slices.Compact(proved), known) {
		t.Errorf("proved %q, of %q", proved, known)
	}
}

// Each hole that is planted is seen, with its witnesses and nothing else, and
// serve refuses those that it says it refuses.
func TestEveryHoleIsSeen(t *testing.T) {
	t.Parallel()
	all := plants()
	for _, p := range all {
		t.Run(p.code, func(t *testing.T) {
			t.Parallel()
			s := prepare(t)
			planted := server.Planted{Config: s.config, Now: time.Now, Schema: graph.Schema(), Deps: server.Deps{Budget: 5 * time.Second}}
			p.down(t, s, &planted)
			seen := false
			witnesses := strings.Fields(p.also)
			var refuses bool
			for _, f := range holes(t, planted.Prove(t.Context())) {
				switch {
				case f.Code == p.code && strings.Contains(f.At, p.at):
					seen, refuses = true, f.Serve == lint.Refuses
				case slices.Contains(strings.Fields(p.also), f.Code):
					witnesses = slices.DeleteFunc(witnesses, func(code string) bool { return code == f.Code })
				default:
					t.Errorf("not planted: %s", f)
				}
			}
			if !seen || len(witnesses) > 0 {
				t.Errorf("seen: %v; not seen: %q", seen, witnesses)
			}
			if refuses && p.code != "graphql-undecided" && p.code != "server" {
				err := server.Serve(t.Context(), planted.Config, planted.Deps)
				if err == nil || !strings.Contains(err.Error(), "HOLE "+p.code+": ") {
					t.Errorf("serve: %v", err)
				}
			}
		})
	}
	known, err := server.Facts()
	if err != nil {
		t.Fatal(err)
	}
	lints, err := lint.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range known {
		ofCatalog := slices.ContainsFunc(lints, func(l lint.Lint) bool { return l.Code == f.Code })
		if !ofCatalog && !slices.ContainsFunc(all, func(p plant) bool { return p.code == f.Code }) {
			t.Errorf("nothing is planted for %s", f.Code)
		}
	}
}

// What the catalog says reaches serve: a superuser, an owner, a table without
// its walls, a step that is not applied.
func TestServeRefusesWithoutAWall(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code string
		down func(*testing.T, *stage)
	}{
		{"role-superuser", func(_ *testing.T, s *stage) { s.config.DatabaseURL = s.SuperDSN }},
		{"app-owns", func(_ *testing.T, s *stage) { s.config.DatabaseURL = s.OwnerDSN }},
		{"rls-not-forced", func(t *testing.T, s *stage) {
			t.Helper()
			s.Exec(t, `alter table contacts no force row level security`)
		}},
		{"migration-pending", func(t *testing.T, s *stage) {
			t.Helper()
			s.Exec(t, `delete from schema_migrations where name = '0009_stats.sql'`)
		}},
		{"migration-pending", func(t *testing.T, s *stage) { t.Helper(); s.Exec(t, `drop table schema_migrations`) }},
	} {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			s := prepare(t)
			tc.down(t, s)
			err := server.Serve(t.Context(), s.config, server.Deps{})
			if err == nil || !strings.Contains(err.Error(), "HOLE "+tc.code+": ") {
				t.Errorf("serve: %v", err)
			}
		})
	}
}

// Holes that let no rows across do not keep a server from serving. They are in
// its log, and what they would show is not.
func TestServeWarns(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	s.config.Origins = []string{"http://app.example.com"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err := server.Serve(ctx, s.config, server.Deps{
		Log: server.NewLog(s.log, slog.LevelInfo), Budget: 5 * time.Second, Listening: func(*server.App, net.Addr) { stop() },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"code":"config-origin"`, `"code":"setting-durable"`, `"msg":"stopped"`} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("no %s in the log: %s", want, s.log)
		}
	}
}

// A development server's own keys are no hole of it.
func TestADevelopmentServerIsWhole(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	planted := server.Planted{Config: s.config, Dev: true, Now: time.Now, Schema: graph.Schema(), Deps: server.Deps{Budget: 5 * time.Second}}
	sealKey("dev-1:"+strings.Repeat("77", 32), 0o600)(t, s, &planted)
	planted.Config.OwnerDatabaseURL = s.OwnerDSN
	if err := server.Migrate(t.Context(), planted.Config, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	for _, f := range holes(t, planted.Prove(t.Context())) {
		t.Error(f)
	}
	planted.Dev = false
	var codes []string
	for _, f := range holes(t, planted.Prove(t.Context())) {
		codes = append(codes, f.Code)
	}
	if !slices.Equal(codes, []string{"config-owner", "config-seal-key", "seal-key-known"}) {
		t.Errorf("in production: %q", codes)
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
	for _, f := range holes(t, server.Check(t.Context(), s.config, false)) {
		if f.Code != "config-owner" {
			t.Errorf("the key that was set: %s", f)
		}
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
