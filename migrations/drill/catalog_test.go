package drill_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A table as the catalog has it, parents before children.
type table struct {
	name     string
	resource string // of the decisions about its rows; "" for users
	columns  []column
}

type column struct {
	name, kind string
	check      string // the checks it stands in
	parent     string // the table that it refers to, if any
	composite  bool   // the reference carries org_id
	selects    bool   // the app role may read it
	updates    bool   // the app role may change it
	leakproof  bool   // Postgres may compare it before the policy is asked
}

// owner is the column that says whose a row is. Rows of the platform belong to
// no org: their id is nobody's.
func (t table) owner() string {
	if slices.ContainsFunc(t.columns, func(c column) bool { return c.name == "org_id" }) {
		return "org_id"
	}
	return "id"
}

// written are the columns that can be written: all but those that the database
// makes of the others.
func (t table) written() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// catalog reads every table but the list of applied migrations.
func catalog(t testing.TB, conn *pgx.Conn) []table {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		select c.relname::text, coalesce(substring(obj_description(c.oid, 'pg_class') from '^(?:resource|platform):(.*)$'), ''),
		       a.attname::text, format_type(a.atttypid, null),
		       coalesce((select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
		                 where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any (k.conkey)), ''),
		       coalesce(f.confrelid::regclass::text, ''), coalesce(cardinality(f.conkey) > 1, false),
		       has_column_privilege('cascade_app', c.oid, a.attnum, 'SELECT'), has_column_privilege('cascade_app', c.oid, a.attnum, 'UPDATE'),
		       exists (select from pg_operator o join pg_proc p on p.oid = o.oprcode
		               where o.oprname = '=' and o.oprleft = a.atttypid and o.oprright = a.atttypid and p.proleakproof)
		from pg_class c
		join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
		left join lateral (
		  select * from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'
		     and a.attnum = k.conkey[cardinality(k.conkey)] limit 1) f on true
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname not in ('schema_migrations', 'drill')
		order by 1, a.attnum`)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*table{}
	var names []string
	var name, resource string
	var c column
	_, err = pgx.ForEachRow(rows, []any{&name, &resource, &c.name, &c.kind, &c.check, &c.parent, &c.composite, &c.selects, &c.updates, &c.leakproof}, func() error {
		if found[name] == nil {
			found[name] = &table{name: name, resource: resource}
			names = append(names, name)
		}
		found[name].columns = append(found[name].columns, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var ordered []table
	done := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		if done[name] {
			return
		}
		done[name] = true
		for _, c := range found[name].columns {
			if c.parent != "" {
				visit(c.parent)
			}
		}
		ordered = append(ordered, *found[name])
	}
	for _, n := range names {
		visit(n)
	}
	return ordered
}

// fill is the statement that gives each org of the table "drill" its rows.
func (t table) fill() string {
	names, values := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i], values[i] = c.name, t.value(c)
	}
	return fmt.Sprintf("insert into %s (%s) select %s from drill o, generate_series(1, o.rows) n on conflict do nothing",
		t.name, strings.Join(names, ", "), strings.Join(values, ", "))
}

// distinct is how many texts fill makes up: beyond it they repeat, and unique
// ones are left out, so that the planner sees a common value.
const distinct = 40

// id is the id that fill gives to row n of org o.
func id(table, n string) string {
	return fmt.Sprintf("(o.mark || substr(md5('%s' || o.word || %s), 9))::uuid", table, n)
}

var oneOf = regexp.MustCompile(`\((\w+) = ANY \(ARRAY\['([^']*)'`)

// value is what fill writes in a column: something the checks accept, with the
// org's canary wherever there is room for one.
func (t table) value(c column) string {
	if v, ok := special[t.name+"."+c.name]; ok {
		return v
	}
	if c.name == "org_id" {
		return "o.id"
	}
	if c.name == "id" {
		return id(t.name, "n")
	}
	if c.parent != "" {
		if c.parent == "organizations" {
			return "o.id"
		}
		return id(c.parent, fmt.Sprintf("least(n, %d)", distinct))
	}
	for _, m := range oneOf.FindAllStringSubmatch(c.check, -1) {
		if m[1] == c.name {
			return "'" + m[2] + "'"
		}
	}
	text := fmt.Sprintf("o.word || ' %s %s ' || least(n, %d)", t.name, c.name, distinct)
	switch c.kind {
	case "text":
		return text
	case "jsonb":
		return fmt.Sprintf("jsonb_build_object('canary', %s)", text)
	case "bytea":
		return fmt.Sprintf("decode(o.mark || substr(encode(sha256(convert_to(%s, 'UTF8')), 'hex'), 9), 'hex')", text)
	case "uuid":
		return id(c.name, "n")
	case "text[]":
		return "array[" + text + "]"
	case "uuid[]":
		return "array[o.id]"
	case "integer", "bigint", "smallint":
		return "30 + n % 20" // within every range that a check names
	case "timestamp with time zone":
		return "now() - interval '1 minute' * n"
	case "date":
		return "current_date - n"
	case "boolean":
		return "false"
	}
	return "null"
}

// special are the columns whose checks want something of their own.
//
//nolint:gochecknoglobals // immutable table
var special = map[string]string{
	"access_grants.actions":            "array['read']",
	"access_grants.expires_at":         "now() + interval '1 day'",
	"access_grants.partner_id":         "(select p.id from organizations p where p.kind = 'partner')",
	"api_keys.expires_at":              "null",
	"api_keys.revoked_at":              "null",
	"break_glass_sessions.approved_by": "null",
	"break_glass_sessions.starts_at":   "null",
	"break_glass_sessions.expires_at":  "null",
	"call_logs.currency":               "'USD'",
	"call_logs.caller_number":          "o.dial || lpad(n::text, 6, '0')",
	"contacts.phone":                   "o.dial || lpad(n::text, 6, '0')",
	"escalation_rules.transfer_number": "o.dial || lpad(n::text, 6, '0')",
	"invitations.accepted_at":          "null",
	"invitations.revoked_at":           "null",
	"invitations.expires_at":           "now() + interval '1 day'",
	"invitations.email":                "o.word || '-' || n || '@example.com'",
	"phone_numbers.currency":           "'USD'",
	"phone_numbers.e164":               "o.dial || lpad(n::text, 6, '0')",
	"policy_revisions.sequence":        "30 + n + 1000 * ascii(o.mark)",
	"trusted_documents.sha256":         "o.mark || substr(encode(sha256(convert_to(o.word || n, 'UTF8')), 'hex'), 9)",
	"users.issuer":                     "'https://issuer.example'",
	"webhook_endpoints.url":            "'https://' || o.word || '.example/' || n",
	"webhook_inbox.applied_at":         "null",
	"webhook_inbox.attempts":           "0",
	"webhook_inbox.integration_id":     id("integrations", "1"), // one a provider
}
