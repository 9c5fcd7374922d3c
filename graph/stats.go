package graph

import (
	"context"
	"fmt"
	"time"

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

// sum adds up the rows. A day without a row had no call.
func (d dayRange) sum(rows []*ent.DailyStat) *model.CallStats {
	byDay := make(map[page.Date]*ent.DailyStat, len(rows))
	for _, row := range rows {
		byDay[page.DateOf(row.Day)] = row
	}
	var all ent.DailyStat
	stats := &model.CallStats{From: d.first, To: d.last}
	if row := byDay[d.today]; row != nil {
		stats.Today = row.Total
	}
	for day := d.first; !d.last.Before(day); day = day.Next() {
		row := byDay[day]
		if row == nil {
			row = &ent.DailyStat{}
		}
		addStat(&all, row)
		stats.ByDay = append(stats.ByDay, &model.CallDay{
			Day: day, Total: row.Total, Completed: row.Completed, Missed: row.Missed,
			Inbound: row.Inbound, Outbound: row.Outbound,
			AverageDurationSeconds: average(row.DurationSeconds, row.Timed), CostMicros: int(row.CostMicros),
		})
	}
	stats.Total, stats.Completed, stats.Missed = all.Total, all.Completed, all.Missed
	stats.Inbound, stats.Outbound, stats.Web = all.Inbound, all.Outbound, all.Web
	stats.AppointmentsBooked, stats.CostMicros = all.Booked, int(all.CostMicros)
	stats.AverageDurationSeconds = average(all.DurationSeconds, all.Timed)
	stats.ByStatus = statusCounts(&all)
	stats.Sentiment = &model.SentimentStats{
		Positive: all.Positive, Neutral: all.Neutral, Negative: all.Negative,
		AverageScore: average(all.SentimentScore, all.Scored),
	}
	return stats
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
