package lint_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/migrations/lint"
)

// What the migrations make has no hole; each hole that is planted is seen, by
// its own lint and no other, and is gone once its mend is pasted. A lint that
// nothing is planted for fails.
func TestLints(t *testing.T) { //nolint:tparallel // what is the whole server's comes after the rest
	t.Parallel()
	s := newStage(t, "one", "two", "three")
	for _, f := range found(t, s.connect(t, "cascade_app", "one"), s.expect) {
		if f.code != "postgres-behind" {
			t.Errorf("the migrations leave a hole: %+v", f)
		}
	}
	s.expect.Newest = nil // whatever this machine has

	all := plants(t)
	t.Run("seen", func(t *testing.T) {
		for _, p := range all {
			if !p.server {
				t.Run(p.code, func(t *testing.T) {
					t.Parallel()
					s.inTransaction(t, p)
				})
			}
		}
	})
	for _, p := range all {
		if p.server {
			t.Run(p.code, func(t *testing.T) { s.inServer(t, p) })
		}
	}
	lints, err := lint.All()
	if err != nil {
		t.Fatal(err)
	}
	var codes, planted []string
	for _, l := range lints {
		codes = append(codes, l.Code)
	}
	for _, p := range all {
		planted = append(planted, p.code)
	}
	slices.Sort(codes)
	slices.Sort(planted)
	if diff := cmp.Diff(codes, slices.Compact(planted)); diff != "" {
		t.Errorf("lints (-) and what is planted (+): %s", diff)
	}
	t.Logf("%d lints, %d holes planted", len(codes), len(all))
}

// inTransaction plants as the superuser, and takes all of it back.
func (s *stage) inTransaction(t *testing.T, p plant) {
	t.Helper()
	conn := <-s.databases
	defer func() { s.databases <- conn }()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	expect := s.expect
	later := []int{0}
	if err := tx.QueryRow(t.Context(), `select current_setting('server_version_num')::int + 1`).Scan(&later[0]); err != nil {
		t.Fatal(err)
	}
	switch p.expect {
	case "oldest":
		expect.Oldest = later[0]
	case "floor":
		expect.Floor = later
	case "newest":
		expect.Newest = later
	case "resources":
		expect.Resources = slices.DeleteFunc(slices.Clone(expect.Resources), func(r string) bool { return r == "contact" })
	}
	look := func() []finding {
		run(t, tx, `set local role cascade_app`)
		defer run(t, tx, `reset role`)
		return found(t, tx, expect)
	}
	run(t, tx, p.statement+`; reset role`)
	holes := look()
	p.check(t, holes)
	if p.byHand {
		return
	}
	// A mend may show what the hole hid: a table that has its org column may now
	// lack an index.
	for range 4 {
		for _, h := range holes {
			paste(t, tx, h, len(holes) == 1)
		}
		was := holes
		holes = look()
		for _, h := range holes {
			if slices.ContainsFunc(was, func(w finding) bool { return w.code == h.code && w.at == h.at }) {
				t.Errorf("still there after its mend: %+v", h)
			}
		}
		if len(holes) == 0 {
			return
		}
	}
	t.Errorf("never whole: %+v", holes)
}

// paste runs a mend. Beside others it may have nothing left to mend.
func paste(t *testing.T, tx pgx.Tx, h finding, alone bool) {
	t.Helper()
	run(t, tx, `savepoint pasted`)
	_, err := tx.Exec(t.Context(), h.mend)
	switch {
	case err != nil && alone:
		t.Fatalf("pasting %s: %v", h.mend, err)
	case err != nil:
		run(t, tx, `rollback to pasted`)
	}
}

// inServer plants what no transaction holds.
func (s *stage) inServer(t *testing.T, p plant) {
	t.Helper()
	super := s.connect(t, "postgres", "one")
	look := func() []finding { return found(t, s.connect(t, "cascade_app", "one"), s.expect) }
	var holes []finding
	for statement := range strings.SplitSeq(strings.TrimSpace(p.statement), "\n") {
		run(t, super, statement)
	}
	eventually(t, p.code+" is seen", func() bool { holes = look(); return len(holes) > 0 })
	p.check(t, holes)
	for statement := range strings.SplitSeq(holes[0].mend, "; ") {
		run(t, super, statement)
	}
	eventually(t, p.code+" is gone", func() bool { return len(look()) == 0 })
}

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

func run(t *testing.T, db execer, statement string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// A lint's words are for people and its code is for programs.
func TestWords(t *testing.T) {
	t.Parallel()
	all, err := lint.All()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range all {
		if seen[l.Code] || !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(l.Code) {
			t.Errorf("%q is no code of its own", l.Code)
		}
		seen[l.Code] = true
		if len(l.Fact) < 15 || strings.HasSuffix(l.Fact, ".") || !strings.HasSuffix(l.Why, ".") {
			t.Errorf("%s: %q %q", l.Code, l.Fact, l.Why)
		}
	}
}

// What cannot be asked does not hold, and does not hide the rest.
func TestAQuestionThatFails(t *testing.T) {
	t.Parallel()
	s := newStage(t, "broken")
	super := s.connect(t, "postgres", "broken")
	run(t, super, `drop table schema_migrations`)
	run(t, super, `alter table contacts disable row level security`)
	results, err := lint.Run(t.Context(), s.connect(t, "cascade_app", "broken"), s.expect)
	if err != nil {
		t.Fatal(err)
	}
	var failed, holes []string
	for _, r := range results {
		if r.Err != nil {
			failed = append(failed, r.Code)
		}
		if len(r.Holes) > 0 && r.Serve == lint.Refuses {
			holes = append(holes, r.Code)
		}
	}
	if want := []string{"migration-pending", "migration-edited", "migration-unknown"}; !slices.Equal(failed, want) {
		t.Errorf("could not be asked: %q", failed)
	}
	if !slices.Equal(holes, []string{"rls-off"}) {
		t.Errorf("holes: %q", holes)
	}
	conn := s.connect(t, "cascade_app", "broken")
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	results, err = lint.Run(t.Context(), conn, s.expect)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err == nil {
			t.Errorf("%s holds on a connection that is closed", r.Code)
		}
	}
}
