package random_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/server/stage"
)

// digest is a hash of every row of a clinic, past every wall, but for the
// records of who asked, which grow with each question.
func digest(t testing.TB, s *stage.Stage, c *stage.Clinic) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	out := map[string]string{}
	hash := func(table, column string) {
		var sum string
		err := conn.QueryRow(t.Context(), `select md5(coalesce(string_agg(x::text, chr(10) order by x::text), '')) from `+table+` x where `+column+` = $1`, c.ID).Scan(&sum)
		if err != nil {
			t.Fatal(err)
		}
		out[table] = sum
	}
	for table := range c.Rows {
		switch table {
		case "audit_decisions", "audit_decision_orgs":
		case "organizations":
			hash(table, "id")
		default:
			hash(table, "org_id")
		}
	}
	return out
}

// strangers looks up, past every wall, whose the rows are that were made while
// the round ran and were shown. A record may be about several clinics, and its
// id is each one's.
func (r *round) strangers(t testing.TB) {
	t.Helper()
	shown := map[uuid.UUID]*asker{}
	r.unknown.Range(func(key, value any) bool {
		id, isID := key.(uuid.UUID)
		who, isAsker := value.(*asker)
		if isID && isAsker {
			shown[id] = who
		}
		return true
	})
	conn, err := pgx.Connect(t.Context(), r.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for table := range r.world.A.Rows {
		of := "org_id"
		switch table {
		case "audit_decision_orgs":
			continue
		case "organizations":
			of = "id"
		}
		var id, org uuid.UUID
		rows, err := conn.Query(t.Context(), fmt.Sprintf(`select id, %s from %s where id = any($1) and %[1]s is not null`, of, table), slices.Collect(maps.Keys(shown)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = pgx.ForEachRow(rows, []any{&id, &org}, func() error {
			for _, c := range r.world.Clinics() {
				if who := shown[id]; c.ID == org && !who.rights.sees(c) {
					t.Errorf("%s was shown the id %s, of %s of %s", who.Name, id, table, c.Slug)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
