package lint_test

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/migrations"
	"github.com/voxanne/cascade/migrations/lint"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/local"
)

// stage is a Postgres of this test's own, for roles and settings belong to the
// whole server, with a few migrated databases.
type stage struct {
	*local.Postgres
	databases chan *pgx.Conn // those that nobody uses, as the superuser
	expect    lint.Expect
}

func newStage(t *testing.T, databases ...string) *stage {
	t.Helper()
	server, err := local.StartPostgres(t.Context(), local.PostgresConfig{
		Dir: t.TempDir(), Settings: map[string]string{"wal_level": "logical"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := &stage{
		Postgres: server, databases: make(chan *pgx.Conn, len(databases)),
		expect: lint.Expect{Oldest: lint.Oldest, Floor: lint.Floor(), Newest: lint.Newest(), KnownKeys: "dev-", Resources: resources()},
	}
	for _, name := range databases {
		if err := server.CreateOwner(t.Context(), "cascade_owner", name); err != nil {
			t.Fatal(err)
		}
		conn := s.connect(t, "cascade_owner", name)
		if _, err := migrations.Up(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		if s.expect.Steps == nil {
			s.expect = expecting(t, conn, s.expect)
		}
		s.databases <- s.connect(t, "postgres", name)
	}
	return s
}

// resources are the row types that policies know, and what tests make.
func resources() (known []string) {
	for _, r := range policy.Resources() {
		known = append(known, string(r))
	}
	return append(known, "note", "rule")
}

func expecting(t *testing.T, conn *pgx.Conn, expect lint.Expect) lint.Expect {
	t.Helper()
	steps, err := migrations.Status(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		expect.Steps, expect.Sums = append(expect.Steps, step.Name), append(expect.Sums, step.Sum)
	}
	return expect
}

func (s *stage) connect(t *testing.T, role, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DSN(role, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// finding is a hole, or a note, of one lint.
type finding struct{ code, at, mend string }

// found runs every lint as the app role.
func found(t *testing.T, db lint.Beginner, expect lint.Expect) (all []finding) {
	t.Helper()
	results, err := lint.Run(t.Context(), db, expect)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Code, r.Err)
		}
		for _, h := range r.Holes {
			all = append(all, finding{r.Code, h.At, h.Mend})
		}
	}
	return all
}

// plant is a hole that a file of testdata makes.
type plant struct {
	code      string
	at        []string // what must be found, each once; % stands for anything
	also      []string // other lints that see the same
	byHand    bool     // what mends it is no statement
	server    bool     // it is the whole server's, and no transaction's
	expect    string   // which expectation is raised instead
	statement string
}

func plants(t *testing.T) (all []plant) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq("\n"+string(text), "\n-- plant: ") {
			if strings.TrimSpace(part) != "" {
				all = append(all, readPlant(t, part))
			}
		}
	}
	return all
}

func readPlant(t *testing.T, text string) (p plant) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "-- "), ": ")
		switch {
		case p.code == "":
			p.code = lines.Text()
		case !strings.HasPrefix(lines.Text(), "-- "):
			p.statement += lines.Text() + "\n"
		case name == "at":
			p.at = append(p.at, value)
		case name == "also":
			p.also = strings.Split(value, ", ")
		case name == "mend":
			p.byHand = true
		case name == "as":
			p.server = true
		case name == "expect":
			p.expect = value
		default:
			t.Fatalf("%s: %q", p.code, lines.Text())
		}
	}
	return p
}

// check holds what was found against what was planted: every hole of it, its
// witnesses, and nothing else.
func (p plant) check(t *testing.T, all []finding) {
	t.Helper()
	wanted := slices.Clone(p.at)
	unseen := slices.Clone(p.also)
	for _, f := range all {
		i := slices.IndexFunc(wanted, func(pattern string) bool { return like(f.at, pattern) })
		switch {
		case f.code == p.code && i >= 0:
			wanted = slices.Delete(wanted, i, i+1)
		case f.code != p.code && slices.Contains(p.also, f.code):
			unseen = slices.DeleteFunc(unseen, func(code string) bool { return code == f.code })
		default:
			t.Errorf("not planted: %s %s", f.code, f.at)
		}
	}
	if len(wanted) > 0 || len(unseen) > 0 {
		t.Errorf("not seen: %q %q", wanted, unseen)
	}
}

// like is SQL's LIKE with % alone.
func like(text, pattern string) bool {
	parts := strings.Split(pattern, "%")
	if len(parts) == 1 {
		return text == pattern
	}
	text, ok := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		_, after, there := strings.Cut(text, part)
		text, ok = after, ok && there
	}
	return ok && strings.HasSuffix(text, parts[len(parts)-1])
}

// eventually polls until hold is true: settings reach a server after a moment.
func eventually(t *testing.T, what string, hold func() bool) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !hold() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
