package drill_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Postgres may compare a column before it asks the policy, where the comparison
// is leakproof. It then shows neither the row nor an error, but EXPLAIN and the
// counters of one's own transaction say how many rows were looked at and thrown
// away, and the planner's estimate is made of every clinic's values. So a value
// of another clinic must look like one that nobody has, however it is asked for.
func TestThePlannerTellsNothingOfForeignValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60)
	w.Exec(t, `analyze`)
	a, forger := w.attack(t, everything()), w.attack(t, nil)
	forger.seal = "test.forged.{}"
	probed, told := 0, map[string]bool{}
	for _, tbl := range w.tables {
		for _, c := range tbl.columns {
			if !c.selects || !c.leakproof || c.spread() {
				continue
			}
			values := w.foreign(t, tbl, c)
			if len(values) == 0 {
				continue
			}
			probed++
			name := tbl.name + "." + c.name
			oracle := a.plans(t, tbl, c, values)
			told[name] = oracle != ""
			if oracle != "" && planTells[name] == "" {
				t.Errorf("%s: %s", name, oracle)
			}
			for _, value := range values[2:] {
				sql := fmt.Sprintf(`set local enable_indexscan = off; set local enable_bitmapscan = off; set local enable_indexonlyscan = off;
					select from %s t where t.%s = any ('{%q}'::%s[])`, tbl.name, c.name, value, c.kind)
				if s := forger.run(t, sql); s.code != "42501" {
					t.Errorf("%s: a forged seal and %q: %q", name, value, s.text)
				}
			}
		}
	}
	if probed < 150 {
		t.Errorf("only %d columns were probed", probed)
	}
	for name := range planTells {
		if !told[name] {
			t.Errorf("%s tells nothing: take it off the list", name)
		}
	}
}

// planTells are the columns of which a plan does tell whether a value is there,
// with the reason why that is borne: their tables are read in whole by the
// platform's own kinds, so that their policies do not lead to an index. None
// holds a text that a clinic wrote or a secret.
//
//nolint:gochecknoglobals // immutable table
var planTells = map[string]string{
	"organizations.id":                "that an id is an organization's; an id opens nothing",
	"access_grants.org_id":            "how many grants the clinic with this id gave",
	"access_grants.id":                "that an id is a grant's",
	"break_glass_sessions.org_id":     "how many emergency sessions the clinic with this id had",
	"break_glass_sessions.id":         "that an id is a session's",
	"audit_decisions.id":              "that an id is a decision's",
	"audit_decisions.org_id":          "how many decisions were made about the clinic with this id",
	"audit_decision_orgs.org_id":      "how many decisions were made about the clinic with this id and others",
	"audit_decision_orgs.decision_id": "that an id is a decision's",
	"onboardings.org_id":              "that the clinic with this id was onboarded",
	"onboardings.id":                  "that an id is an onboarding's",
	"onboarding_steps.org_id":         "how many steps the clinic with this id has gone",
	"onboarding_steps.id":             "that an id is a step's",
	"policy_revisions.id":             "that an id is a revision's; revisions are the platform's",
	"policy_revisions.revision":       "that a revision of this name is there; revisions are the platform's",
	"policy_approvals.id":             "that an id is an approval's; approvals are the platform's",
	"policy_approvals.revision_id":    "that a revision has an approval; approvals are the platform's",
	"policy_approvals.approver_id":    "that somebody approved a revision; approvals are the platform's",
	"policy_shadows.id":               "that an id is a shadow's report; policies are the platform's",
	"policy_shadows.revision_id":      "that a revision was a shadow; policies are the platform's",
	"policy_shadows.node":             "that a node of this name ran a shadow; nodes are the platform's",
	"trusted_documents.id":            "that an id is a document's; documents are the platform's",
	"trusted_documents.sha256":        "that a document of this hash is trusted; documents are the platform's",
}

// spread reports what the planner may know: how times, numbers and the words of
// a fixed list are spread over all clinics together. None of it is tied to a
// clinic, all of it is needed to plan lists that filter by it.
func (c column) spread() bool {
	return slices.Contains([]string{"boolean", "smallint", "integer", "bigint", "date", "timestamp with time zone"}, c.kind) || c.listed()
}

// listed reports whether a check names every word that the column may hold.
func (c column) listed() bool {
	return slices.ContainsFunc(oneOf.FindAllStringSubmatch(c.check, -1), func(m []string) bool { return m[1] == c.name })
}

// foreign are values of clinic b that a does not hold: the least, the greatest
// and the most common.
func (w *world) foreign(t *testing.T, tbl table, c column) (values []string) {
	t.Helper()
	err := w.super.QueryRow(t.Context(), fmt.Sprintf(`with v as (
		select %s as v, count(*) as n from %s t where t::text like '%%' || $1 || '%%' and %[1]s is not null
		   and %[1]s not in (select %[1]s from %[2]s u where %[1]s is not null and u::text like '%%' || $2 || '%%') group by 1)
		select array_remove(array[(select v from v order by v limit 1), (select v from v order by v desc limit 1),
		                          (select v from v order by n desc, v limit 1)]::text[], null)`, c.name, tbl.name), w.b.mark, w.a.mark).Scan(&values)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// plans asks what EXPLAIN says of values that are another clinic's and of one
// that nobody has. It returns how the answers differ, or "".
func (a *attacker) plans(t *testing.T, tbl table, c column, values []string) string {
	t.Helper()
	nobodys := map[string]string{"uuid": "bbbbbbbb-9999-9999-9999-999999999999", "bytea": `\xbbbbbbbb99`}[c.kind]
	if nobodys == "" {
		nobodys = values[0] + " or not"
	}
	for _, plan := range []string{``, `set local enable_seqscan = off;`} {
		if plan == "" && c.updates {
			// What is changed is found as what is read.
			change := fmt.Sprintf(`explain (analyze, timing off, summary off, costs off) update %s set %s = %[2]s where %[2]s = any ('{%%q}'::%[3]s[])`, tbl.name, c.name, c.kind)
			f, n := a.run(t, fmt.Sprintf(change, values[2])), a.run(t, fmt.Sprintf(change, nobodys))
			if f.code != n.code || strings.Count(f.text, "never executed") != strings.Count(n.text, "never executed") {
				return fmt.Sprintf("an update tells %q from %q: %s\n%s", values[2], nobodys, f.text, n.text)
			}
		}
		for op, asked := range map[string][]string{"=": {nobodys, values[2]}, "<": values[:2]} {
			want := ""
			for i, value := range asked {
				sql := fmt.Sprintf(`%s explain (analyze, timing off, summary off, format json) select from %s t where t.%s %s '%s'::%s`, plan, tbl.name, c.name, op, value, c.kind)
				s := a.run(t, sql)
				var tree []map[string]any
				if err := json.Unmarshal([]byte(s.text), &tree); err != nil {
					t.Fatalf("%s: %s", sql, s.text)
				}
				got := strings.Join(counts(tree[0]["Plan"]), " ")
				if i == 0 {
					want = got
				} else if got != want {
					return fmt.Sprintf("%s %s %q: %s; %q: %s", plan, op, value, got, asked[0], want)
				}
			}
		}
	}
	return ""
}

// counts are the things that a plan tells about rows: which way was taken, what
// it was thought to cost, and what it met.
func counts(node any) []string {
	n, ok := node.(map[string]any)
	if !ok {
		return nil
	}
	var out []string
	for _, key := range []string{"Node Type", "Index Name", "Plan Rows", "Total Cost", "Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck", "Heap Fetches"} {
		if v, ok := n[key]; ok && v != 0.0 {
			out = append(out, fmt.Sprintf("%s=%v", key, v))
		}
	}
	children, _ := n["Plans"].([]any)
	for _, child := range children {
		out = append(out, counts(child)...)
	}
	return out
}
