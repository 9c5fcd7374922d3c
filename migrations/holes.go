package migrations

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Hole is a wall that is down in a live database.
type Hole struct {
	What string // the rule that is broken
	At   string // where: a table, policy, function or role
	Why  string // why it matters
	Mend string // the statement that mends it
}

// String is the hole in one line.
func (h Hole) String() string { return h.What + ": " + h.At }

// platformTables have walls of their own kind; every other table must be an
// org's. Adding a table here is a decision to be reviewed.
var platformTables = []string{
	"audit_decision_orgs", "audit_decisions", "organizations", "policy_approvals", "policy_revisions",
	"schema_migrations", "trusted_documents", "users",
}

// The tables of this database, and those among them that belong to orgs.
const (
	tables = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations'`
	clinic = tables + ` and c.relname <> all ($1)`
)

// rules find holes by reading the catalog, so that a new table without its
// walls is found without anyone listing it. Each query gives one text a hole.
var rules = []struct{ what, why, mend, query string }{
	{
		"no row-level security, or not forced",
		"Without it the app role, or the owner, reads every clinic's rows.",
		"select app.protect('<table>', '<resource>') in a migration",
		`select c.relname::text ` + tables + ` and not (c.relrowsecurity and c.relforcerowsecurity)`,
	},
	{
		"the app role owns it",
		"An owner may switch row-level security off.",
		"alter table <table> owner to <owner>",
		`select c.relname::text ` + tables + ` and c.relowner = 'cascade_app'::regrole`,
	},
	{
		"no primary key (org_id, id)",
		"References can then not carry the clinic.",
		"primary key (org_id, id)",
		`select c.relname::text ` + clinic + ` and not exists (
			select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p'
			and (select array_agg(a.attname::text order by x.n) from unnest(k.conkey) with ordinality x(num, n)
			     join pg_attribute a on a.attrelid = c.oid and a.attnum = x.num) = array['org_id', 'id'])`,
	},
	{
		"org_id may be null",
		"A row of no clinic is a row of every clinic to some policy.",
		"alter table <table> alter column org_id set not null",
		`select c.relname::text ` + clinic + ` and not exists (
			select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and a.attnotnull)`,
	},
	{
		"a unique index that does not start with org_id",
		"A duplicate then tells that another clinic has the value.",
		"make the unique key start with org_id",
		`select i.indexrelid::regclass::text from pg_index i
			join pg_class c on c.oid = i.indrelid where i.indisunique and c.oid in (select c.oid ` + clinic + `)
			and (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0]) <> 'org_id'`,
	},
	{
		"a reference that may cross clinics",
		"A row could point at another clinic's row.",
		"foreign key (org_id, x_id) references x (org_id, id)",
		`select k.conname::text from pg_constraint k
			where k.contype = 'f' and k.conrelid in (select c.oid ` + clinic + `)
			  and k.confrelid in (select c.oid ` + clinic + `)
			  and not exists (select from unnest(k.conkey, k.confkey) x(mine, theirs)
			    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.mine and a.attname = 'org_id'
			    join pg_attribute b on b.attrelid = k.confrelid and b.attnum = x.theirs and b.attname = 'org_id')`,
	},
	{
		"a command without a policy, or with two",
		"Policies are joined by OR: a second one opens what the first closes.",
		"keep one policy per command, made by app.protect",
		`select c.relname || ' ' || cmd from (select c.oid, c.relname ` + clinic + `) c,
			(values ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')) v(cmd, code)
			where has_table_privilege('cascade_app', c.oid, cmd) or (cmd = 'UPDATE' and has_any_column_privilege('cascade_app', c.oid, cmd))
			group by c.relname, c.oid, cmd, code
			having (select count(*) from pg_policy p where p.polrelid = c.oid and p.polcmd::text = code
			        and 'cascade_app'::regrole = any (p.polroles) and p.polpermissive and p.polname <> 'platform_select') <> 1`,
	},
	{
		"a policy that does not compare org_id with the sealed scope",
		"The scope is the only thing a policy may trust.",
		"select app.protect('<table>', '<resource>')",
		`select c.relname || ' ' || p.polname from pg_policy p
			join pg_class c on c.oid = p.polrelid where c.oid in (select c.oid ` + clinic + `)
			and 'cascade_app'::regrole = any (p.polroles) and p.polpermissive and p.polname <> 'platform_select'
			and (coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) !~ '^\(org_id = ANY \(\( SELECT \(+app\.scope\(\) -> '
			  or (p.polwithcheck is not null and pg_get_expr(p.polwithcheck, p.polrelid) !~ '^\(org_id = ANY \(\( SELECT \(+app\.scope\(\) -> '))`,
	},
	{
		"a table that is scanned before the seal is opened",
		"Comparisons that Postgres calls leakproof then run on foreign rows, and a forged seal is refused only if one of them matches.",
		"select app.sealed('<table>')",
		`select c.relname::text ` + tables + ` and not exists (select from pg_policy p where p.polrelid = c.oid and not p.polpermissive
			and p.polcmd = 'r' and p.polroles = array['cascade_app'::regrole::oid]
			and pg_get_expr(p.polqual, p.polrelid) ~ '^\( SELECT \(app\.scope\(\) IS NOT NULL\)')`,
	},
	{
		"a column that the planner's statistics sample",
		"EXPLAIN estimates then tell what values other clinics have.",
		"select app.unsampled('<table>')",
		`select coalesce(t.relname, c.relname) || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
			left join pg_index i on i.indexrelid = c.oid left join pg_class t on t.oid = i.indrelid
			where coalesce(i.indrelid, c.oid) in (select c.oid ` + tables + `) and c.relkind in ('r', 'i', 'p', 'I')
			and a.attnum > 0 and not a.attisdropped and (i.indrelid is null or i.indkey[a.attnum - 1] = 0)
			and a.attstattarget is distinct from 0
			and a.atttypid::regtype::text not in ('boolean', 'smallint', 'integer', 'bigint', 'date', 'timestamp with time zone')
			and not exists (select from pg_constraint s where s.conrelid = c.oid and s.contype = 'c' and s.conkey = array[a.attnum]
			  and pg_get_constraintdef(s.oid) like format('CHECK (((%s = ANY (ARRAY[', quote_ident(a.attname)) || '%')`,
	},
	{
		"an index that finds rows before their clinic",
		"EXPLAIN counts the rows that it met and threw away, and so reads it value by value.",
		"make it start with org_id, or with an expression that is not leakproof: uuid_send(x), x || ''",
		`select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid
			join pg_attribute x on x.attrelid = i.indexrelid and x.attnum = 1
			left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
			where c.oid in (select c.oid ` + clinic + `)
			and a.attname is distinct from 'org_id' and (a.attname is not null
			  or pg_get_indexdef(i.indexrelid, 1, false) !~ '^(\(.* \|\| |uuid_send\()')`,
	},
	{
		"a policy for everyone, or for an unknown role",
		"It applies to roles nobody thought of.",
		"create policy ... to cascade_app",
		`select c.relname || ' ' || p.polname from pg_policy p
			join pg_class c on c.oid = p.polrelid where not p.polroles <@ array['cascade_app'::regrole::oid,
			'cascade_directory'::regrole::oid, 'cascade_keeper'::regrole::oid]`,
	},
	{
		"the app role may move a row to another org",
		"A row must never change its clinic.",
		"revoke update (org_id) on <table> from cascade_app",
		`select c.relname::text ` + clinic + `
			and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id'
			and has_column_privilege('cascade_app', c.oid, a.attnum, 'UPDATE'))`,
	},
	{
		"a definer function without a pinned search_path, or open to all",
		"It runs with its owner's rights in whatever schema the caller names.",
		"set search_path = pg_catalog, pg_temp; revoke all ... from public",
		`select p.oid::regprocedure::text from pg_proc p
			join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('app', 'public') and p.prosecdef
			and (not coalesce(p.proconfig @> array['search_path=pg_catalog, pg_temp'], false)
			     or has_function_privilege('public', p.oid, 'EXECUTE'))`,
	},
	{
		"a definer function that takes an org",
		"Its caller would name the clinic.",
		"take a credential, never an org",
		`select p.oid::regprocedure::text from pg_proc p
			join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('app', 'public') and p.prosecdef
			and exists (select from unnest(p.proargnames) a where a ~ 'org')`,
	},
	{
		"a role that steps past row-level security",
		"Every wall in the database is void for it.",
		"alter role <role> nosuperuser nobypassrls",
		`select rolname::text from pg_roles where rolname like 'cascade%'
			and (rolsuper or rolbypassrls)`,
	},
	{
		"the app role may make temporary tables",
		"They come before the tables of a statement that names no schema, and stay for whoever has the connection next.",
		"revoke temporary on database <database> from public",
		`select 'database' where has_database_privilege('cascade_app', current_database(), 'TEMP')`,
	},
	{
		"a view that is not its reader's own",
		"It reads with its owner's rights.",
		"alter view <view> set (security_invoker = true)",
		`select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where n.nspname in ('public', 'app') and (c.relkind = 'm' or c.relkind = 'v'
			and not coalesce(c.reloptions @> array['security_invoker=true'], false))`,
	},
	{
		"a foreign key without an index",
		"Deleting or joining scans the whole table.",
		"create index on <table> (org_id, <column>)",
		`select k.conname::text from pg_constraint k where k.contype = 'f'
			and k.conrelid in (select c.oid ` + clinic + `) and k.confrelid in (select c.oid ` + clinic + `)
			and not exists (select from pg_index i where i.indrelid = k.conrelid
			and (i.indkey::int2[])[0:cardinality(k.conkey)-1] @> k.conkey)`,
	},
}

// Holes reads the catalog of the database and returns every wall that is down,
// in a stable order. It needs no rights beyond connecting.
func Holes(ctx context.Context, conn *pgx.Conn) ([]Hole, error) {
	var holes []Hole
	for _, r := range rules {
		var args []any
		if strings.Contains(r.query, "$1") {
			args = append(args, platformTables)
		}
		rows, err := conn.Query(ctx, r.query+" order by 1", args...)
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", r.what, err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", r.what, err)
		}
		for _, at := range found {
			holes = append(holes, Hole{What: r.what, At: at, Why: r.why, Mend: r.mend})
		}
	}
	return holes, nil
}
