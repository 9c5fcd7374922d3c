package drill_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/policy"
)

// attacker runs any SQL as the app role, over the simple protocol, which takes
// several statements at once: more than an injection into the program can.
type attacker struct {
	w       *world
	conn    *pgconn.PgConn
	seal    string // the genuine one of this backend; "" for none
	notices *strings.Builder
}

// attack connects. No actions means no seal at all.
func (w *world) attack(t testing.TB, actions []policy.Action, resources ...policy.Resource) *attacker {
	t.Helper()
	a := &attacker{w: w, notices: &strings.Builder{}}
	config, err := pgconn.ParseConfig(w.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		fmt.Fprintln(a.notices, n.Severity, n.Code, n.Message, n.Detail, n.Hint)
	}
	if a.conn, err = pgconn.ConnectConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.conn.Close(context.WithoutCancel(t.Context())) })
	if len(actions) > 0 {
		a.seal = w.Key.Seal(w.scope(t, actions, resources...), a.conn.PID(), time.Now().Add(time.Hour))
	}
	return a
}

// said is all that the database let the attacker know.
type said struct {
	text string // rows, notices and every field of the error
	rows int
	code string // of the error, or ""
}

// run sends SQL in a transaction that is sealed and then committed.
func (a *attacker) run(t testing.TB, sql string) said {
	t.Helper()
	s := a.raw(t, a.begin()+sql+"; commit")
	if s.code != "" {
		a.raw(t, "rollback")
	}
	return s
}

// begin opens a transaction under the attacker's seal. It answers no rows.
func (a *attacker) begin() string {
	return "begin; do $seal$ begin perform set_config('app.scope', '" + strings.ReplaceAll(a.seal, "'", "''") + "', true); end $seal$;"
}

// raw sends SQL as it is and collects every answer.
func (a *attacker) raw(t testing.TB, sql string) said {
	t.Helper()
	a.notices.Reset()
	var s said
	var out strings.Builder
	results := a.conn.Exec(t.Context(), sql)
	for results.NextResult() {
		read := results.ResultReader().Read()
		s.rows += len(read.Rows)
		for _, row := range read.Rows {
			for _, value := range row {
				out.Write(value)
				out.WriteByte('\n')
			}
		}
	}
	if err := results.Close(); err != nil {
		s.code = code(err)
		pg, ok := errors.AsType[*pgconn.PgError](err)
		if !ok {
			t.Fatalf("%s: %v", sql, err)
		}
		fmt.Fprintf(&out, "%s %s: %s; %s; %s; %s; %s.%s.%s %s", pg.Severity, pg.Code, pg.Message, pg.Detail, pg.Hint, pg.Where,
			pg.SchemaName, pg.TableName, pg.ColumnName, pg.ConstraintName)
	}
	s.text = out.String() + a.notices.String()
	return s
}

// copyOut is COPY ... TO STDOUT.
func (a *attacker) copyOut(t testing.TB, sql string) said {
	t.Helper()
	a.raw(t, a.begin())
	var out strings.Builder
	tag, err := a.conn.CopyTo(t.Context(), &out, sql)
	s := said{text: out.String(), rows: int(tag.RowsAffected()), code: code(err)}
	if err != nil {
		s.text += err.Error()
	}
	a.raw(t, "rollback")
	return s
}

func code(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}
