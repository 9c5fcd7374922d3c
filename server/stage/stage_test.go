package stage_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/migrate"
	"github.com/voxanne/cascade/server/stage"
)

// Every table that ent says clinics own holds rows of each clinic, and every
// text of them that can hold the clinic's word does, and nobody else's.
func TestEveryTableIsFull(t *testing.T) {
	t.Parallel()
	s := stage.Prepare(t)
	w := stage.Populate(t, s)
	conn, err := pgx.Connect(t.Context(), s.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, table := range migrate.Tables {
		owned := slices.ContainsFunc(table.Columns, func(c *schema.Column) bool { return c.Name == "org_id" })
		if !owned {
			continue
		}
		for _, c := range w.Clinics() {
			if len(c.Rows[table.Name]) == 0 {
				t.Errorf("%s is empty in %s", table.Name, c.Slug)
			}
			texts, err := conn.Query(t.Context(), fmt.Sprintf(`select to_jsonb(x)::text from %s x where org_id = $1`, table.Name), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := pgx.CollectRows(texts, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if table.Name != "org_daily_stats" && !strings.Contains(row, c.Canary) {
					t.Errorf("%s: no word of %s in %s", table.Name, c.Slug, row)
				}
				for _, other := range w.Clinics() {
					if other != c && strings.Contains(row, other.Canary) {
						t.Errorf("%s: the word of %s in a row of %s: %s", table.Name, other.Slug, c.Slug, row)
					}
				}
			}
		}
	}
}

// Each subject that may read something of its own reads it, and the others do
// not: the credentials are what they say.
func TestEverybodyIsWhoTheyAre(t *testing.T) {
	t.Parallel()
	s := stage.Prepare(t)
	w := stage.Populate(t, s)
	s.Start(t)
	for name, want := range map[string]string{
		"owner A": "[canary-amber]", "admin A": "[canary-amber]", "staff A": "[canary-amber]", "viewer A": "[canary-amber]",
		"staff A and B": "[canary-amber canary-basalt]", "owner B": "[canary-basalt]", "partner of B": "[canary-basalt]",
		"partner once of B, expired": "[]", "partner once of B, revoked": "[]", "key of A": "[canary-amber]",
		"key of A, for calls alone": "[canary-amber]", "key of A, revoked": "[]", "support": "[]", "support in B": "[canary-basalt]",
		"support in B, not approved": "[]", "security": "[]", "auditor": "[]", "operator": "[]", "removed from A": "[]",
		"stranger": "[]", "nobody": "[]",
	} {
		a := s.Ask(t, `{ calls { nodes { outcome } } }`, w.Subject(name).Headers()...)
		seen := []string{}
		for _, c := range w.Clinics() {
			if strings.Contains(a.Body, c.Canary) {
				seen = append(seen, c.Canary)
			}
		}
		if fmt.Sprint(seen) != want {
			t.Errorf("%s saw %v, want %s: %s", name, seen, want, a.Body)
		}
	}
	if n := len(w.Subjects); n != 21 {
		t.Errorf("%d subjects, and 21 are tried", n)
	}
}
