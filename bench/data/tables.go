package data

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// table is one COPY.
type table struct {
	name    string
	columns []string
	rows    pgx.CopyFromSource
}

// tables are all that is copied, parents first. The limits of the clinics are
// laid so high that they are counted and never refuse.
func (d *Database) tables() []table {
	return []table{
		{
			"organizations",
			[]string{"id", "kind", "name", "slug", "plan", "timezone", "requests_per_minute", "cost_per_hour"},
			numberedRows(d.Clinics, func(c int) []any {
				return []any{Org(c), "clinic", Canary(c), Slug(c), "scale", Zone(c), 10_000_000, 2_000_000_000}
			}),
		},
		{
			"users",
			[]string{"id", "issuer", "subject", "email", "name"},
			numberedRows(d.Clinics, func(c int) []any {
				return []any{User(c), Issuer, Login(c), Login(c) + "@bench.invalid", Login(c)}
			}),
		},
		{
			"memberships",
			[]string{"org_id", "id", "user_id", "role", "email"},
			numberedRows(d.Clinics, func(c int) []any {
				return []any{Org(c), User(c), User(c), "admin", Login(c) + "@bench.invalid"}
			}),
		},
		{
			"agents",
			[]string{"org_id", "id", "name", "role", "first_message"},
			numberedRows(d.Clinics*AgentsPerClinic, func(i int) []any {
				c, n := i/AgentsPerClinic, i%AgentsPerClinic
				return []any{Org(c), Agent(c, n), fmt.Sprintf("%s agent %d", Canary(c), n), "inbound", "Hello, this is " + Canary(c) + "."}
			}),
		},
		{"call_logs", callColumns, d.calls()},
	}
}

// checkStats makes the triggers count one clinic's days anew and compares
// them with what is there, in a transaction that is not kept.
func checkStats(ctx context.Context, conn *pgx.Conn, clinic int) error {
	const days = `select org_id, day, total, inbound, outbound, web, in_progress, completed, missed, transferred, voicemail,
		failed, cancelled, unknown, timed, duration_seconds, positive, neutral, negative, scored, sentiment_score, booked,
		cost_micros from org_daily_stats where org_id = '%s'`
	theirs := fmt.Sprintf(days, Org(clinic))
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	for _, statement := range []string{
		`create temp table was on commit drop as ` + theirs,
		fmt.Sprintf(`update organizations set timezone = 'Asia/Tokyo' where id = '%s'`, Org(clinic)),
		fmt.Sprintf(`update organizations set timezone = '%s' where id = '%s'`, Zone(clinic), Org(clinic)),
	} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	var differ, there int
	err = tx.QueryRow(ctx, fmt.Sprintf(`select (select count(*) from ((table was except %[1]s) union all (%[1]s except table was)) d),
		(select count(*) from was)`, theirs)).Scan(&differ, &there)
	if err != nil {
		return err
	}
	if differ != 0 || there == 0 {
		return fmt.Errorf("%d of %d days are not what the triggers count", differ, there)
	}
	return nil
}
