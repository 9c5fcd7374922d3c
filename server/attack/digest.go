package attack

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/server/stage"
)

// ledger knows every row of every clinic by a digest of all that is in it. It
// looks past every wall, as the superuser.
type ledger struct {
	conn    *pgx.Conn
	world   *stage.World
	tables  []string // with an org_id
	keys    []reference
	records map[*stage.Clinic][]uuid.UUID // of before the attack
}

// reference is a column that names a row of the same org in another table.
type reference struct{ table, column, target string }

// digests are by clinic, table and row.
type digests map[*stage.Clinic]map[string]map[string]string

// newLedger reads from the catalog what there is to watch.
func newLedger(ctx context.Context, conn *pgx.Conn, w *stage.World) (*ledger, error) {
	l := &ledger{conn: conn, world: w, records: map[*stage.Clinic][]uuid.UUID{}}
	rows, err := conn.Query(ctx, `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
		and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id') order by 1`)
	if err == nil {
		l.tables, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		return nil, fmt.Errorf("reading the tables: %w", err)
	}
	// Whatever is named like a reference is one, whether or not a key says so:
	// keys may be what was taken away.
	rows, err = conn.Query(ctx, `select f.conrelid::regclass::text, a.attname, f.confrelid::regclass::text
		from pg_constraint f join pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[cardinality(f.conkey)]
		where f.contype = 'f' and cardinality(f.conkey) = 2`)
	if err == nil {
		l.keys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r reference, err error) {
			err = row.Scan(&r.table, &r.column, &r.target)
			return r, err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	for _, c := range w.Clinics() {
		l.records[c] = slices.Concat(c.Rows["audit_decisions"], c.Rows["audit_decision_orgs"])
	}
	return l, nil
}

// read takes the digests of every row now. Of the records, which grow whenever
// anybody tries anything, only those of before the attack: nothing may change
// them, and who adds to them adds to what the clinic is told.
func (l *ledger) read(ctx context.Context) (digests, error) {
	all := digests{}
	for _, c := range l.world.Clinics() {
		all[c] = map[string]map[string]string{}
		batch := &pgx.Batch{}
		take := func(table, query string, args ...any) {
			batch.Queue(query, args...).Query(func(rows pgx.Rows) error {
				found := map[string]string{}
				var id, digest string
				_, err := pgx.ForEachRow(rows, []any{&id, &digest}, func() error { found[id] = digest; return nil })
				all[c][table] = found
				return err
			})
		}
		take("organizations", `select id::text, md5(x::text) from organizations x where id = $1`, c.ID)
		for _, table := range l.tables {
			switch table {
			case "audit_decisions":
				take(table, `select id::text, md5(x::text) from audit_decisions x where id = any ($1)`, l.records[c])
			case "audit_decision_orgs":
				take(table, `select decision_id::text, md5(x::text) from audit_decision_orgs x where org_id = $1 and decision_id = any ($2)`, c.ID, l.records[c])
			default:
				take(table, fmt.Sprintf(`select id::text, md5(x::text) from %s x where org_id = $1`, table), c.ID)
			}
		}
		if err := l.conn.SendBatch(ctx, batch).Close(); err != nil {
			return nil, fmt.Errorf("reading the rows of %s: %w", c.Slug, err)
		}
	}
	return all, nil
}

// changed says how the rows of a clinic differ.
func (before digests) changed(after digests, c *stage.Clinic) []string {
	var found []string
	for table, rows := range after[c] {
		for id, digest := range rows {
			switch was, there := before[c][table][id]; {
			case !there:
				found = append(found, fmt.Sprintf("a row of %s was added in %s: %s", table, c.Slug, id))
			case was != digest:
				found = append(found, fmt.Sprintf("a row of %s was changed in %s: %s", table, c.Slug, id))
			}
		}
		for id := range before[c][table] {
			if _, there := rows[id]; !there {
				found = append(found, fmt.Sprintf("a row of %s was removed in %s: %s", table, c.Slug, id))
			}
		}
	}
	slices.Sort(found)
	return found
}

// crossings are the rows that refer to a row of another org, or of none.
func (l *ledger) crossings(ctx context.Context) ([]string, error) {
	var found []string
	for _, k := range l.keys {
		query := fmt.Sprintf(`select format('%%s.%%s of %%s', $1::text, $2::text, r.id) from %[1]s r where r.%[2]s is not null
			and not exists (select from %[3]s o where o.org_id = r.org_id and o.id = r.%[2]s)`, k.table, k.column, k.target)
		rows, err := l.conn.Query(ctx, query, k.table, k.column)
		if err != nil {
			return nil, fmt.Errorf("looking for crossings: %w", err)
		}
		some, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("looking for crossings: %w", err)
		}
		found = append(found, some...)
	}
	return found, nil
}
