package graph

import (
	"context"
	"fmt"
	"slices"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/ent/dailystat"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

const (
	// defaultStatDays is how many days callStats covers unless told: today and
	// those before it.
	defaultStatDays = 30
	// maxStatDays is a year, and room to compare its ends.
	maxStatDays = 400
)

// dayRange is the days that statistics are asked of, both ends counted, and the
// clinic's own today, which may lie outside them.
type dayRange struct{ first, last, today page.Date }

// statDays fills in what was not asked and refuses what is too much, before
// anything is read.
func statDays(from, to *page.Date, today page.Date) (dayRange, error) {
	days := dayRange{last: today, today: today}
	if to != nil {
		days.last = *to
	}
	days.first = addDays(days.last, 1-defaultStatDays)
	if from != nil {
		days.first = *from
	}
	if days.last.Before(days.first) {
		return dayRange{}, fault.New(fault.BadUserInput, "from must not be after to; without to, it is the clinic's today.")
	}
	// Days of UTC all have 24 hours. A span of centuries stops at the longest
	// Duration, which is too much as well.
	if n := int(days.last.In(time.UTC).Sub(days.first.In(time.UTC)).Hours())/24 + 1; n > maxStatDays {
		return dayRange{}, fault.New(fault.TooComplex, "callStats covers at most %d days at once.", maxStatDays).
			With("limit", map[string]any{"name": "days", "max": maxStatDays, "actual": n})
	}
	return days, nil
}

func addDays(d page.Date, n int) page.Date { return page.DateOf(d.In(time.UTC).AddDate(0, 0, n)) }

// read fetches the rows of the days that have one, today's too, in one
// statement. It reads no call, so it costs the same however many there are.
func (d dayRange) read(ctx context.Context) ([]*ent.DailyStat, error) {
	rows, err := ent.FromContext(ctx).DailyStat.Query().Where(dailystat.Or(
		dailystat.And(dailystat.DayGTE(d.first.In(time.UTC)), dailystat.DayLTE(d.last.In(time.UTC))),
		dailystat.DayEQ(d.today.In(time.UTC)),
	)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading daily statistics: %w", err)
	}
	return rows, nil
}

// stats are the figures of the days: with those of each day when they are
// asked for, and otherwise summed where the rows are, which costs a third.
func (d dayRange) stats(ctx context.Context, asked map[string]bool) (*model.CallStats, error) {
	if !asked["byDay"] && !d.today.Before(d.first) && !d.last.Before(d.today) {
		all, today, err := d.total(ctx, asked)
		if err != nil {
			return nil, err
		}
		stats := d.figures(all)
		stats.Today = today
		return stats, nil
	}
	rows, err := d.read(ctx)
	if err != nil {
		return nil, err
	}
	return d.sum(rows), nil
}

// totalled is a sum of daily rows, and today's part of its calls.
type totalled struct {
	ent.DailyStat
	Today int `json:"today"`
}

// summed are the columns that each figure is made of.
var summed = map[string][]string{ //nolint:gochecknoglobals // immutable table
	"completed": {dailystat.FieldCompleted}, "missed": {dailystat.FieldMissed},
	"inbound": {dailystat.FieldInbound}, "outbound": {dailystat.FieldOutbound}, "web": {dailystat.FieldWeb},
	"appointmentsBooked": {dailystat.FieldBooked}, "costMicros": {dailystat.FieldCostMicros},
	"averageDurationSeconds": {dailystat.FieldDurationSeconds, dailystat.FieldTimed},
	"byStatus": {
		dailystat.FieldInProgress, dailystat.FieldCompleted, dailystat.FieldMissed, dailystat.FieldTransferred,
		dailystat.FieldVoicemail, dailystat.FieldFailed, dailystat.FieldCancelled, dailystat.FieldUnknown,
	},
	"sentiment": {
		dailystat.FieldPositive, dailystat.FieldNeutral, dailystat.FieldNegative,
		dailystat.FieldScored, dailystat.FieldSentimentScore,
	},
}

// columnsOf are the columns that the figures asked for are made of, each once
// and in one order, so that there are few different statements.
func columnsOf(asked map[string]bool) []string {
	columns := []string{dailystat.FieldTotal}
	for figure := range asked {
		columns = append(columns, summed[figure]...)
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// total adds the days up in the database, today being one of them.
func (d dayRange) total(ctx context.Context, asked map[string]bool) (all *ent.DailyStat, today int, err error) {
	var sums []totalled
	err = ent.FromContext(ctx).DailyStat.Query().
		Where(dailystat.DayGTE(d.first.In(time.UTC)), dailystat.DayLTE(d.last.In(time.UTC))).
		Modify(func(s *entsql.Selector) {
			s.Select()
			for _, column := range columnsOf(asked) {
				s.AppendSelectExpr(entsql.Expr("coalesce(sum(" + s.C(column) + "), 0)::bigint as " + column))
			}
			s.AppendSelectExpr(entsql.ExprFunc(func(b *entsql.Builder) {
				b.WriteString("coalesce(sum(" + s.C(dailystat.FieldTotal) + ") filter (where " + s.C(dailystat.FieldDay) + " = ")
				b.Arg(d.today.In(time.UTC))
				b.WriteString("), 0)::bigint as today")
			}))
		}).Scan(ctx, &sums)
	if err != nil {
		return nil, 0, fmt.Errorf("adding daily statistics up: %w", err)
	}
	if len(sums) != 1 {
		return nil, 0, fmt.Errorf("adding daily statistics up: %d rows", len(sums))
	}
	return &sums[0].DailyStat, sums[0].Today, nil
}

// sum adds up the rows. A day without a row had no call.
func (d dayRange) sum(rows []*ent.DailyStat) *model.CallStats {
	byDay := make(map[page.Date]*ent.DailyStat, len(rows))
	for _, row := range rows {
		byDay[page.DateOf(row.Day)] = row
	}
	var all ent.DailyStat
	var days []*model.CallDay
	for day := d.first; !d.last.Before(day); day = day.Next() {
		row := byDay[day]
		if row == nil {
			row = &ent.DailyStat{}
		}
		addStat(&all, row)
		days = append(days, &model.CallDay{
			Day: day, Total: row.Total, Completed: row.Completed, Missed: row.Missed,
			Inbound: row.Inbound, Outbound: row.Outbound,
			AverageDurationSeconds: average(row.DurationSeconds, row.Timed), CostMicros: int(row.CostMicros),
		})
	}
	stats := d.figures(&all)
	stats.ByDay = days
	if row := byDay[d.today]; row != nil {
		stats.Today = row.Total
	}
	return stats
}

// figures are what a sum of days comes to.
func (d dayRange) figures(all *ent.DailyStat) *model.CallStats {
	return &model.CallStats{
		From: d.first, To: d.last, Total: all.Total, Completed: all.Completed, Missed: all.Missed,
		Inbound: all.Inbound, Outbound: all.Outbound, Web: all.Web,
		AppointmentsBooked: all.Booked, CostMicros: int(all.CostMicros),
		AverageDurationSeconds: average(all.DurationSeconds, all.Timed), ByStatus: statusCounts(all),
		Sentiment: &model.SentimentStats{
			Positive: all.Positive, Neutral: all.Neutral, Negative: all.Negative,
			AverageScore: average(all.SentimentScore, all.Scored),
		},
	}
}

// addStat adds every count of row to all.
func addStat(all, row *ent.DailyStat) {
	all.Total += row.Total
	all.Inbound += row.Inbound
	all.Outbound += row.Outbound
	all.Web += row.Web
	all.InProgress += row.InProgress
	all.Completed += row.Completed
	all.Missed += row.Missed
	all.Transferred += row.Transferred
	all.Voicemail += row.Voicemail
	all.Failed += row.Failed
	all.Cancelled += row.Cancelled
	all.Unknown += row.Unknown
	all.Timed += row.Timed
	all.DurationSeconds += row.DurationSeconds
	all.Positive += row.Positive
	all.Neutral += row.Neutral
	all.Negative += row.Negative
	all.Scored += row.Scored
	all.SentimentScore += row.SentimentScore
	all.Booked += row.Booked
	all.CostMicros += row.CostMicros
}

// statusCounts lists every status that statistics tell apart, those without
// calls too. Calls that have not ended, queued and ringing ones among them,
// are counted together as IN_PROGRESS.
func statusCounts(all *ent.DailyStat) []*model.CallStatusCount {
	return []*model.CallStatusCount{
		{Status: call.StatusInProgress, Count: all.InProgress},
		{Status: call.StatusCompleted, Count: all.Completed},
		{Status: call.StatusMissed, Count: all.Missed},
		{Status: call.StatusTransferred, Count: all.Transferred},
		{Status: call.StatusVoicemail, Count: all.Voicemail},
		{Status: call.StatusFailed, Count: all.Failed},
		{Status: call.StatusCancelled, Count: all.Cancelled},
		{Status: call.StatusUnknown, Count: all.Unknown},
	}
}

// average is nil over nothing: nobody measured it.
func average(sum int64, n int) *float64 {
	if n == 0 {
		return nil
	}
	mean := float64(sum) / float64(n)
	return &mean
}
