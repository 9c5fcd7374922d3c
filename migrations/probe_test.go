package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/policy"
)

// step is one statement that a role tries, and what must come of it.
type step struct {
	what  string
	scene string // what the superuser does first
	role  string // empty: cascade_app
	seal  string // of the scope; empty: none
	live  bool   // triggers and references work
	sql   string
	look  string // what the superuser counts afterwards; empty: what sql reached
	want  string // "2 rows", or the SQLSTATE of a refusal
}

const refused = "42501"

func rows(n int) string { return fmt.Sprintf("%d rows", n) }

// everything is every action that rows know.
var everything = []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete}

// rights is what the app role may do with a table, where that is not to read,
// create, update and delete rows; and the only columns that it may update.
var rights = map[string]struct{ may, columns string }{
	"organizations":            {"ru", "name timezone locale viewers_see_transcripts updated_at"},
	"users":                    {"r", ""},
	"memberships":              {"crud", "role email name updated_at"},
	"invitations":              {"crud", "expires_at accepted_at revoked_at"},
	"access_grants":            {"cru", "revoked_at expires_at"},
	"break_glass_sessions":     {"cru", "approved_by starts_at expires_at ended_at"},
	"api_keys":                 {"cru", "name expires_at revoked_at"},
	"oauth_clients":            {"cru", "name revoked_at"},
	"recording_upload_metrics": {"cr", ""},
	"recording_downloads":      {"cr", ""},
	"webhook_inbox":            {"cru", "applied_at attempts last_error"},
	"idempotency_keys":         {"crud", "response"},
	"booking_rules":            {"cru", ""},
	"tool_calls":               {"cru", "code answer"},
	"audit_decisions":          {"r", ""},
	"audit_decision_orgs":      {"r", ""},
	"policy_revisions":         {"r", ""},
	"policy_approvals":         {"r", ""},
	"onboardings":              {"ru", "status waits_for secrets failure next_attempt_at lease_token lease_expires_at finished_at updated_at"},
	"onboarding_steps":         {"cru", "status attempts result last_error done_at updated_at"},
	"policy_shadows":           {"r", ""},
	"trusted_documents":        {"r", ""},
	"org_daily_stats":          {"r", ""},
}

func (t table) may(command string) bool {
	r, listed := rights[t.Name]
	return !listed || strings.Contains(r.may, command)
}

// mayUpdate says no to what names a row, its org and its beginning, everywhere.
func (t table) mayUpdate(column string) bool {
	if r := rights[t.Name]; r.columns != "" || !t.may("u") {
		return slices.Contains(strings.Fields(r.columns), column)
	}
	return !slices.Contains([]string{"id", "org_id", "created_at", t.Org}, column)
}

// stepsOf is everything that is tried on one table. Nothing is said here of
// policies or privileges as the database has them: only of who may reach what.
func (w *world) stepsOf(t table) []step {
	var steps []step
	add := func(s step) { steps = append(steps, s) }
	// try reads, changes, removes and adds rows under a scope that reaches so
	// many for each; -1 for adding is a refusal.
	try := func(what, seal string, reads, updates, deletes int) {
		add(step{what: what + ": read", seal: seal, sql: "select count(*) from " + t.Name, want: rows(reads)})
		if t.may("u") {
			touch := t.Writable[0]
			add(step{what: what + ": update", seal: seal, sql: fmt.Sprintf("update %s set %s = %s", t.Name, touch, touch), want: rows(updates)})
		}
		if t.may("d") {
			add(step{what: what + ": delete", seal: seal, sql: "delete from " + t.Name, want: rows(deletes)})
		}
	}
	create := func(what, seal, from, want string) {
		if t.may("c") {
			add(step{what: what, seal: seal, sql: fmt.Sprintf("insert into %s select * from spare.%s", t.Name, from), want: want})
		}
	}
	self := 0
	if t.Kind == "self" {
		self = 1
	}
	try("no scope", "", 0, 0, 0)
	create("no scope: create", "", t.Name, refused)
	others := slices.DeleteFunc(policy.Resources(), func(r policy.Resource) bool { return r == t.Resource })
	try("every other row type", w.seal(scope(others, everything, w.a)), self, 0, 0)
	create("every other row type: create", w.seal(scope(others, everything, w.c)), t.Name, refused)
	if s, ok := wide(others...); ok {
		try("every other row type, in every org", w.seal(s), 0, 0, 0)
	}
	if s, ok := wide(t.Resource); ok {
		try("in every org", w.seal(s), t.All, 0, 0)
	}
	if t.Kind == "resource" {
		w.rows(t, try, create, add)
	}
	w.privileges(t, add)
	return steps
}

// rows adds what is tried with rights to the table's own row type.
func (w *world) rows(t table, try func(what, seal string, reads, updates, deletes int), create func(what, seal, from, want string), add func(step)) {
	mine := []policy.Resource{t.Resource}
	whole := w.seal(scope(mine, everything, w.a))
	try("all rights", whole, t.Own, t.Own, t.Own)
	create("all rights: create", w.seal(scope(mine, everything, w.c)), t.Name, rows(1))
	create("all rights: create what another clinic has too", w.seal(scope(mine, everything, w.c)), "same_"+t.Name, rows(1))
	create("all rights: create in another clinic", whole, t.Name, refused)
	for _, action := range everything {
		// Whoever may write rows may see them.
		n := map[policy.Action]int{action: t.Own}
		try("to "+string(action)+" alone", w.seal(scope(mine, []policy.Action{action}, w.a)), t.Own, n[policy.Update], n[policy.Delete])
		want := refused
		if action == policy.Create {
			want = rows(1)
		}
		create("to "+string(action)+" alone: create", w.seal(scope(mine, []policy.Action{action}, w.c)), t.Name, want)
	}
	if t.may("u") {
		s := person(w.a, w.a, w.c)
		both := append(decisions(mine, everything, s, w.a), decisions(mine, []policy.Action{policy.Read}, s, w.c)...)
		add(step{
			what: "all rights, the column and a sight of the other: move to another clinic", seal: w.seal(policy.NewScope(s, both...)),
			scene: fmt.Sprintf("grant update on %s to cascade_app", t.Name),
			sql:   fmt.Sprintf("update %s set %s = '%s'", t.Name, t.Org, w.c), want: refused,
		})
	}
	for _, ref := range w.refs {
		if ref.Table == t.Name {
			add(step{
				what: "every wall but the reference down: point at another clinic's row", role: "postgres", live: true,
				sql: fmt.Sprintf("update %s set %s = (select max(%s::text)::uuid from %s where org_id = '%s') where org_id = '%s'",
					t.Name, ref.Column, ref.ToColumn, ref.To, w.b, w.a), want: "23503",
			})
		}
	}
}

// seal is the scope sealed for the world's one connection.
func (w *world) seal(s policy.Scope) string {
	return w.Key.Seal(s, w.conn.PgConn().PID(), time.Now().Add(time.Hour))
}

// privileges adds what a role may not even try, with row-level security off.
func (w *world) privileges(t table, add func(step)) {
	off := fmt.Sprintf("alter table %s disable row level security", t.Name)
	if !t.may("c") {
		add(step{what: "without row security: create", scene: off, sql: fmt.Sprintf("insert into %s default values", t.Name), want: refused})
	}
	if !t.may("d") {
		add(step{what: "without row security: delete", scene: off, sql: "delete from " + t.Name, want: refused})
	}
	for _, column := range t.Columns {
		if !t.mayUpdate(column) {
			add(step{what: "without row security: update " + column, scene: off, sql: fmt.Sprintf("update %s set %s = %s", t.Name, column, column), want: refused})
		}
	}
	add(step{what: "truncate", sql: "truncate " + t.Name, want: refused})
	add(step{what: "disable row security", sql: off, want: refused})
}

// errScene is a step that could not be tried at all, which shows nothing.
var errScene = errors.New("setting the scene")

// run tries the steps in turn inside tx, each from the same scene, and returns
// the first thing that is not as it must be; else errScene if it came up; or nil.
func (w *world) run(ctx context.Context, tx pgx.Tx, steps []step) error {
	if _, err := tx.Exec(ctx, "savepoint step"); err != nil {
		return err
	}
	var unset error
	for _, s := range steps {
		err := s.run(ctx, tx)
		if errors.Is(err, errScene) {
			unset, err = fmt.Errorf("%s: %w", s.what, err), nil
		}
		if _, back := tx.Exec(ctx, "rollback to savepoint step"); err == nil {
			err = back
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	return unset
}

func (s step) run(ctx context.Context, tx pgx.Tx) error {
	role, triggers := s.role, "replica"
	if role == "" {
		role = "cascade_app"
	}
	if s.live {
		triggers = "origin"
	}
	scene := fmt.Sprintf(`set local session_replication_role = %s; %s; set local role %s; select set_config('app.scope', '%s', true)`,
		triggers, s.scene, role, s.seal)
	if _, err := tx.Exec(ctx, scene); err != nil {
		return errors.Join(errScene, err)
	}
	got, err := try(ctx, tx, s.sql)
	if s.look != "" && strings.HasSuffix(got, "rows") {
		if _, err := tx.Exec(ctx, "reset role"); err != nil {
			return err
		}
		got, err = try(ctx, tx, s.look)
	}
	if err == nil && got != s.want {
		err = fmt.Errorf("%s is %s, not %s", s.sql, got, s.want)
	}
	return err
}

// try says what comes of one statement, as step.want does.
func try(ctx context.Context, tx pgx.Tx, sql string) (string, error) {
	var n int64
	var err error
	if strings.HasPrefix(sql, "select ") {
		err = tx.QueryRow(ctx, sql, pgx.QueryExecModeSimpleProtocol).Scan(&n)
	} else {
		var tag pgconn.CommandTag
		tag, err = tx.Exec(ctx, sql)
		n = tag.RowsAffected()
	}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return said.Code, nil
	}
	return rows(int(n)), err
}
