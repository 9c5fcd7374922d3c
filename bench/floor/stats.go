package main

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The statistics are of the days from $2 to $3 of the clinic's own calendar.
const (
	// counted reads every call of the days, as one does without daily rows.
	counted = `with zone as (select timezone as tz from organizations where id = $1)
		select count(*), count(*) filter (where c.started_at >= (now() at time zone z.tz)::date::timestamp at time zone z.tz),
			sum(c.duration_seconds), count(c.duration_seconds)
		from call_logs c, zone z
		where c.org_id = $1 and not c.is_test and c.started_at >= ($2::date)::timestamp at time zone z.tz
			and c.started_at < ($3::date + 1)::timestamp at time zone z.tz`
	countedByStatus = `with zone as (select timezone as tz from organizations where id = $1)
		select c.status, count(*) from call_logs c, zone z
		where c.org_id = $1 and not c.is_test and c.started_at >= ($2::date)::timestamp at time zone z.tz
			and c.started_at < ($3::date + 1)::timestamp at time zone z.tz
		group by 1`

	// daily reads the rows that the triggers keep.
	daily = `with zone as (select timezone as tz from organizations where id = $1)
		select coalesce(sum(total), 0), coalesce(sum(total) filter (where day = (now() at time zone z.tz)::date), 0),
			sum(duration_seconds), coalesce(sum(timed), 0)
		from org_daily_stats d, zone z where d.org_id = $1 and day between $2 and $3`
	dailyByStatus = `select s.status, s.n from (
			select sum(in_progress) a, sum(completed) b, sum(missed) c, sum(transferred) d, sum(voicemail) e, sum(failed) f
			from org_daily_stats where org_id = $1 and day between $2 and $3) t,
		lateral (values ('in_progress', a), ('completed', b), ('missed', c), ('transferred', d), ('voicemail', e), ('failed', f)) s (status, n)
		where s.n > 0`
)

// countedStats are statistics and the ten latest calls, counted call by call.
func (f *floor) countedStats(r *http.Request, org uuid.UUID, to []byte) ([]byte, error) {
	return f.stats(r, org, to, counted, countedByStatus)
}

// dailyStats are the same from daily rows.
func (f *floor) dailyStats(r *http.Request, org uuid.UUID, to []byte) ([]byte, error) {
	return f.stats(r, org, to, daily, dailyByStatus)
}

func (f *floor) stats(r *http.Request, org uuid.UUID, to []byte, totals, byStatus string) ([]byte, error) {
	args := []any{org, r.URL.Query().Get("from"), r.URL.Query().Get("to")}
	latest := make([]byte, 0, 4<<10)
	err := f.ask(
		r.Context(), org,
		question{totals, args, func(rows pgx.Rows) error {
			var total, today, timed int64
			var seconds *int64
			_, err := pgx.ForEachRow(rows, []any{&total, &today, &seconds, &timed}, func() error {
				to = strconv.AppendInt(append(to, `{"total":`...), total, 10)
				to = strconv.AppendInt(append(to, `,"today":`...), today, 10)
				to = append(to, `,"averageDurationSeconds":`...)
				if seconds == nil || timed == 0 {
					to = append(to, "null"...)
				} else {
					to = strconv.AppendFloat(to, float64(*seconds)/float64(timed), 'f', -1, 64)
				}
				return nil
			})
			return err
		}},
		question{byStatus, args, func(rows pgx.Rows) error {
			to = append(to, `,"byStatus":[`...)
			var status string
			var n int64
			first := true
			_, err := pgx.ForEachRow(rows, []any{&status, &n}, func() error {
				if !first {
					to = append(to, ',')
				}
				first = false
				to = appendText(append(to, `{"status":`...), status)
				to = append(strconv.AppendInt(append(to, `,"count":`...), n, 10), '}')
				return nil
			})
			return err
		}},
		newest(org, 10, &latest),
	)
	to = append(append(to, `],"calls":[`...), latest...)
	return append(to, `]}`...), err
}
