package server

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations"
	"github.com/voxanne/cascade/policy"
)

// wall is a fact of the database, and the look that proves it: where its hole
// is, or nothing. An error is a hole too, for what cannot be proved does not hold.
type wall struct {
	Fact
	hole func(context.Context, *pgx.Conn) (at string, err error)
}

// question makes a look of a query that answers with the hole's place, or "".
func question(query string) func(context.Context, *pgx.Conn) (string, error) {
	return func(ctx context.Context, conn *pgx.Conn) (at string, err error) {
		err = conn.QueryRow(ctx, query).Scan(&at)
		return at, err
	}
}

// roleWalls are what row-level security stands on: a role that is held by it.
func roleWalls() []wall {
	return []wall{
		{
			Fact{Name: "Postgres is 15 or newer", Why: "The walls use what older ones lack.", Mend: "upgrade Postgres"},
			question(`select case when current_setting('server_version_num')::int < 150000 then current_setting('server_version') else '' end`),
		},
		{
			Fact{Name: "the app role is no superuser", Why: "Every wall in the database is void for one.", Mend: "connect as cascade_app, or: alter role <role> nosuperuser"},
			question(`select case when rolsuper then rolname else '' end from pg_roles where rolname = current_user`),
		},
		{
			Fact{Name: "the app role is bound by row-level security", Why: "BYPASSRLS reads every clinic's rows.", Mend: "alter role <role> nobypassrls"},
			question(`select case when rolbypassrls then rolname else '' end from pg_roles where rolname = current_user`),
		},
		{
			Fact{Name: "the app role owns nothing", Why: "An owner may switch row-level security off.", Mend: "alter table <table> owner to <owner>, or connect as cascade_app"},
			question(`select coalesce(string_agg(x, ', ' order by x), '') from (
				select c.oid::regclass::text as x from pg_class c where c.relowner = current_user::regrole
				union all select p.oid::regprocedure::text from pg_proc p where p.proowner = current_user::regrole
				union all select n.nspname::text from pg_namespace n where n.nspowner = current_user::regrole and n.nspname !~ '^pg_(toast_)?temp'
				union all select d.datname::text from pg_database d where d.datname = current_database() and d.datdba = current_user::regrole
				limit 5) owned`),
		},
		{
			Fact{Name: "the app role can become no other", Why: "SET ROLE would give it another's rights.", Mend: "revoke <role> from <app role>"},
			question(`select coalesce(string_agg(r.rolname, ', ' order by r.rolname), '') from pg_roles r, pg_roles me
				where me.rolname = current_user and not me.rolsuper and r.oid <> me.oid and r.rolname <> 'cascade_app'
				and pg_has_role(me.oid, r.oid, 'member')`),
		},
		{
			Fact{Name: "every migration is applied", Why: "This program expects tables and walls that are not there.", Mend: "cascade migrate up"},
			pending,
		},
		{
			Fact{Name: "the audit can only grow", Why: "A record that can be changed or taken away proves nothing.", Mend: "revoke insert, update, delete, truncate on audit_decisions, audit_decision_orgs from <app role>"},
			question(`select coalesce(string_agg(t || ' ' || p, ', ' order by 1), '') from unnest(array['audit_decisions', 'audit_decision_orgs']) t,
				unnest(array['insert', 'update', 'delete', 'truncate']) p where has_table_privilege(current_user, t, p)`),
		},
		{
			Fact{Name: "the app role cannot read seal keys", Why: "Injected SQL could then seal its own scope.", Mend: "revoke all on app.seal_keys from <app role>"},
			question(`select case when has_any_column_privilege(current_user, 'app.seal_keys', 'select, insert, update')
				then 'app.seal_keys' else '' end`),
		},
		{
			Fact{Name: "without a scope there are no rows", Why: "A forgotten scope would show every clinic.", Mend: "see which policy lets them through: \\d+ <table>"},
			question(`select concat_ws(', ', case when exists (select from organizations) then 'organizations' end,
				case when exists (select from memberships) then 'memberships' end, case when exists (select from contacts) then 'contacts' end,
				case when exists (select from call_logs) then 'call_logs' end)`),
		},
	}
}

// sealWalls are what the scope stands on.
func sealWalls(key rls.Key) []wall {
	return []wall{
		{
			Fact{Name: "the database accepts the seal key", Why: "No statement would reach a row.", Mend: "set CASCADE_SEAL_KEY_FILE and run: cascade migrate up"},
			func(ctx context.Context, conn *pgx.Conn) (string, error) { return "", sealed(ctx, conn, key) },
		},
		{
			Fact{Name: "the database refuses a forged seal", Why: "Anyone who can inject SQL could name their clinics.", Mend: "restore app.scope() from the migrations"},
			func(ctx context.Context, conn *pgx.Conn) (string, error) {
				forged, err := rls.NewKey(key.ID(), rand.Reader)
				if err != nil {
					return "", err
				}
				var refused *pgconn.PgError
				err = sealed(ctx, conn, forged)
				switch {
				case err == nil:
					return "a scope under a key that was made just now", nil
				case errors.As(err, &refused) && refused.Code == "42501":
					return "", nil
				default:
					return "", err
				}
			},
		},
	}
}

// databaseFacts proves the walls of the database of conn, in a stable order.
func databaseFacts(ctx context.Context, conn *pgx.Conn, key rls.Key, haveKey bool) []Fact {
	all := roleWalls()
	if haveKey {
		all = append(all, sealWalls(key)...)
	}
	var facts []Fact
	for _, w := range all {
		at, err := w.hole(ctx, conn)
		switch {
		case err != nil:
			w.At = err.Error()
		case at != "":
			w.At = at
		default:
			w.Fact = Fact{Name: w.Name, OK: true}
		}
		facts = append(facts, w.Fact)
	}
	return append(facts, catalogFacts(ctx, conn)...)
}

// catalogFacts are the walls that the catalog shows: of every table, policy,
// function and view, known or new.
func catalogFacts(ctx context.Context, conn *pgx.Conn) []Fact {
	const name = "every table stands behind its walls"
	holes, err := migrations.Holes(ctx, conn)
	if err != nil {
		return []Fact{{Name: name, At: err.Error(), Why: "What cannot be proved does not hold.", Mend: "cascade migrate up"}}
	}
	if len(holes) == 0 {
		return []Fact{{Name: name, OK: true}}
	}
	facts := make([]Fact, len(holes))
	for i, h := range holes {
		facts[i] = Fact{Name: name, At: h.String(), Why: h.Why, Mend: h.Mend}
	}
	return facts
}

// sealed runs one statement under an empty scope that key sealed, as every
// statement of the program runs.
func sealed(ctx context.Context, conn *pgx.Conn, key rls.Key) error {
	seal := key.Seal(policy.NewScope(policy.Subject{ID: uuid.New()}), conn.PgConn().PID(), time.Now().Add(time.Minute))
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('app.scope', $1, true) is null`, seal); err != nil {
			return err
		}
		var opened bool
		if err := tx.QueryRow(ctx, `select app.scope() is not null`).Scan(&opened); err != nil {
			return err
		}
		if !opened {
			return errors.New("the scope was not opened")
		}
		return nil
	})
}

func pending(ctx context.Context, conn *pgx.Conn) (string, error) {
	steps, err := migrations.Status(ctx, conn)
	if err != nil {
		return "", err
	}
	var missing []string
	for _, s := range steps {
		if s.Applied.IsZero() {
			missing = append(missing, s.Name)
		}
	}
	return strings.Join(missing, ", "), nil
}

func sorted(words []string) string {
	slices.Sort(words)
	return strings.Join(words, ", ")
}
