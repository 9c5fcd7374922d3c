package graph_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
)

// statsOf is what callStats answers.
type statsOf struct {
	From, To, Timezone                                                          string
	Total, Today, Completed, Missed, Inbound, Outbound, Web, CostMicros, Booked int
	AverageDurationSeconds                                                      *float64
	ByStatus                                                                    []statusCount
	ByDay                                                                       []dayCount
	Sentiment                                                                   sentimentCount
}

type statusCount struct {
	Status string
	Count  int
}

type dayCount struct {
	Day                                                     string
	Total, Completed, Missed, Inbound, Outbound, CostMicros int
	AverageDurationSeconds                                  *float64
}

type sentimentCount struct {
	Positive, Neutral, Negative int
	AverageScore                *float64
}

const statsDocument = `query Stats($from: Date, $to: Date) { callStats(from: $from, to: $to) {
	from to timezone total today completed missed inbound outbound web costMicros booked: appointmentsBooked
	averageDurationSeconds byStatus { status count }
	byDay { day total completed missed inbound outbound costMicros averageDurationSeconds }
	sentiment { positive neutral negative averageScore } } }`

// askStats asks as staff of a clinic that lives in zone.
func (a *api) askStats(t *testing.T, org uuid.UUID, zone string, from, to any) answer {
	t.Helper()
	s := member(org, "clinic", policy.Staff)
	return a.askWith(t, graph.Request{
		Subject: s, Orgs: s.Proven(), Zones: map[uuid.UUID]string{org: zone}, Origin: audit.Origin{RequestID: "r-stats"},
	}, statsDocument, map[string]any{"from": from, "to": to})
}

func (a *api) stats(t *testing.T, org uuid.UUID, zone string, from, to any) statsOf {
	t.Helper()
	var data struct{ CallStats statsOf }
	a.askStats(t, org, zone, from, to).decode(t, &data)
	return data.CallStats
}

// clinicIn makes a clinic that lives in zone.
func (a *api) clinicIn(t *testing.T, zone string) uuid.UUID {
	t.Helper()
	org := a.clinic(t, "c-"+uuid.NewString()[:8])
	a.Exec(t, `update organizations set timezone = $2 where id = $1`, org, zone)
	return org
}

// phoneCall is a call as its row has it; the zero value of a field is its default.
type phoneCall struct {
	direction, status string
	at                time.Time
	seconds           any
	sentiment, score  any
	booked, test      bool
	cost              any
}

func (s super) call(org uuid.UUID, c phoneCall) uuid.UUID {
	s.t.Helper()
	id := uuid.New()
	if c.direction == "" {
		c.direction = "inbound"
	}
	if c.status == "" {
		c.status = "completed"
	}
	s.do(`insert into call_logs (org_id, id, provider_call_id, direction, status, started_at, duration_seconds, sentiment,
			sentiment_score, appointment_booked, cost_micros, is_test)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		org, id, id.String(), c.direction, c.status, c.at, c.seconds, c.sentiment, c.score, c.booked, c.cost, c.test)
	return id
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// The story of a few days: each figure, test calls left out, days without calls
// counted as such, averages over what was measured and null over nothing.
func TestCallStatsAddUp(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org, other := a.clinicIn(t, "Europe/London"), a.clinicIn(t, "Europe/London")
	s := a.super(t)
	s.call(org, phoneCall{at: at("2026-06-01T10:00:00Z"), seconds: 60, sentiment: "positive", score: 90, booked: true, cost: 1000})
	s.call(org, phoneCall{at: at("2026-06-01T11:00:00Z"), seconds: 120, sentiment: "negative", score: 10, cost: 2000})
	s.call(org, phoneCall{at: at("2026-06-01T12:00:00Z"), status: "missed"})
	s.call(org, phoneCall{at: at("2026-06-01T12:00:00Z"), seconds: 999, test: true, cost: 999})
	s.call(org, phoneCall{at: at("2026-06-03T10:00:00Z"), direction: "outbound", status: "voicemail", seconds: 30, sentiment: "neutral"})
	s.call(org, phoneCall{at: at("2026-06-03T10:00:00Z"), direction: "web", status: "failed"})
	for _, status := range []string{"queued", "ringing", "in_progress", "forwarding"} {
		s.call(org, phoneCall{at: at("2026-06-03T20:00:00Z"), status: status})
	}
	s.call(org, phoneCall{at: time.Now()})
	s.call(org, phoneCall{at: at("2026-05-31T10:00:00Z"), seconds: 5000})
	s.call(other, phoneCall{at: at("2026-06-01T10:00:00Z"), seconds: 7000})

	f := func(v float64) *float64 { return &v }
	want := statsOf{
		From: "2026-06-01", To: "2026-06-03", Timezone: "Europe/London",
		Total: 9, Today: 1, Completed: 2, Missed: 1, Inbound: 7, Outbound: 1, Web: 1, CostMicros: 3000, Booked: 1,
		AverageDurationSeconds: f(70),
		ByStatus: []statusCount{
			{"IN_PROGRESS", 4},
			{"COMPLETED", 2},
			{"MISSED", 1},
			{"TRANSFERRED", 0},
			{"VOICEMAIL", 1},
			{"FAILED", 1},
			{"CANCELLED", 0},
			{"UNKNOWN", 0},
		},
		ByDay: []dayCount{
			{Day: "2026-06-01", Total: 3, Completed: 2, Missed: 1, Inbound: 3, CostMicros: 3000, AverageDurationSeconds: f(90)},
			{Day: "2026-06-02"},
			{Day: "2026-06-03", Total: 6, Inbound: 4, Outbound: 1, AverageDurationSeconds: f(30)},
		},
		Sentiment: sentimentCount{Positive: 1, Neutral: 1, Negative: 1, AverageScore: f(50)},
	}
	if diff := cmp.Diff(want, a.stats(t, org, "Europe/London", "2026-06-01", "2026-06-03")); diff != "" {
		t.Error(diff)
	}
	empty := a.stats(t, org, "Europe/London", "2025-01-01", "2025-01-02")
	if empty.AverageDurationSeconds != nil || empty.Sentiment.AverageScore != nil || empty.Total != 0 || len(empty.ByDay) != 2 || empty.Today != 1 {
		t.Errorf("without calls: %+v", empty)
	}
}

// Which days are meant, and which are refused.
func TestCallStatsDays(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinicIn(t, "Pacific/Kiritimati") // 14 hours ahead: often tomorrow
	zone, err := time.LoadLocation("Pacific/Kiritimati")
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) string { return time.Now().In(zone).AddDate(0, 0, n).Format(time.DateOnly) }
	for name, test := range map[string]struct {
		from, to any
		code     string
		first    string
		last     string
		days     int
	}{
		"the last 30 days": {nil, nil, "", day(-29), day(0), 30},
		"until a day":      {nil, "2026-03-30", "", "2026-03-01", "2026-03-30", 30},
		"since a day":      {day(-1), nil, "", day(-1), day(0), 2},
		"one day":          {"2024-02-29", "2024-02-29", "", "2024-02-29", "2024-02-29", 1},
		"400 days":         {"2025-01-01", "2026-02-04", "", "2025-01-01", "2026-02-04", 400},
		"401 days":         {"2025-01-01", "2026-02-05", "TOO_COMPLEX", "", "", 0},
		"all of the time":  {"0001-01-01", "9999-12-31", "TOO_COMPLEX", "", "", 0},
		"the end of time":  {"9999-12-31", "9999-12-31", "", "9999-12-31", "9999-12-31", 1},
		"backwards":        {"2026-01-02", "2026-01-01", "BAD_USER_INPUT", "", "", 0},
		"since tomorrow":   {day(1), nil, "BAD_USER_INPUT", "", "", 0},
		"no day":           {"2026-02-30", nil, "BAD_USER_INPUT", "", "", 0},
		"a moment, no day": {"2026-01-01T00:00:00Z", nil, "BAD_USER_INPUT", "", "", 0},
		"a number, no day": {20260101, nil, "BAD_USER_INPUT", "", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := a.askStats(t, org, "Pacific/Kiritimati", test.from, test.to)
			if got.code() != test.code {
				t.Fatalf("code %q, want %q: %s", got.code(), test.code, got.Body)
			}
			if test.code != "" {
				return
			}
			var data struct{ CallStats statsOf }
			got.decode(t, &data)
			if s := data.CallStats; s.From != test.first || s.To != test.last || len(s.ByDay) != test.days ||
				s.ByDay[0].Day != test.first || s.ByDay[test.days-1].Day != test.last {
				t.Errorf("%s to %s, %d days", s.From, s.To, len(s.ByDay))
			}
		})
	}
}

// Statistics are of one clinic, and of those who may see them.
func TestCallStatsAreOfOneClinic(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	sunrise, harbor := a.clinic(t, "sunrise"), a.clinic(t, "harbor")
	both := member(sunrise, "sunrise", policy.Staff)
	both.Memberships = append(both.Memberships, member(harbor, "harbor", policy.Staff).Memberships...)
	zones := map[uuid.UUID]string{sunrise: "Europe/London", harbor: "Europe/London"}
	got := a.askWith(t, graph.Request{Subject: both, Orgs: both.Proven(), Zones: zones}, statsDocument, nil)
	if got.code() != "BAD_USER_INPUT" || !strings.Contains(got.Body, "X-Cascade-Org") {
		t.Errorf("two clinics: %s", got.Body)
	}
	chosen := a.askWith(t, graph.Request{Subject: both, Orgs: []uuid.UUID{harbor}, Zones: zones}, statsDocument, nil)
	if len(chosen.Errors) > 0 {
		t.Errorf("one of them: %s", chosen.Body)
	}
	stranger := a.askWith(t, graph.Request{Subject: member(sunrise, "sunrise", policy.Staff), Orgs: []uuid.UUID{harbor}, Zones: zones}, statsDocument, nil)
	if stranger.code() != "FORBIDDEN" {
		t.Errorf("a foreign one: %s", stranger.Body)
	}
}

// One statement, of the daily rows alone, however long the time.
func TestCallStatsReadDailyRowsOnly(t *testing.T) {
	t.Parallel()
	sql := &statements{}
	a := newAPIWith(t, apiConfig{tracer: sql})
	org := a.clinicIn(t, "Europe/London")
	a.calls(t, org, 3)
	sent := sql.during(func() { a.stats(t, org, "Europe/London", "2025-11-01", "2026-11-01") })
	if len(sent) != 1 {
		t.Fatalf("%d statements:\n%s", len(sent), strings.Join(sent, "\n"))
	}
	conn, err := pgx.Connect(t.Context(), a.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	day := at("2026-01-01T00:00:00Z")
	rows, err := conn.Query(t.Context(), "explain (verbose) "+sent[0], day, day, day, org)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(plan, "\n"); !strings.Contains(text, "org_daily_stats") || strings.Contains(text, "call_logs") || strings.Contains(text, "Seq Scan") {
		t.Errorf("the plan is\n%s", text)
	}
}

// A call changes: its status, its day, whether it is a test; it goes away.
func TestCallStatsFollowACall(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinicIn(t, "Europe/London")
	s := a.super(t)
	id := s.call(org, phoneCall{at: at("2026-07-01T22:59:00Z"), status: "in_progress"}) // 23:59 in London
	type figures struct{ First, Second, InProgress, Completed, Cost int }
	for _, step := range []struct {
		name, set string
		want      figures
	}{
		{"it rings", `status = 'ringing'`, figures{1, 0, 1, 0, 0}},
		{"it ends", `status = 'completed', duration_seconds = 30, cost_micros = 70`, figures{1, 0, 0, 1, 70}},
		{"it began a minute later", `started_at = '2026-07-01T23:00:00Z'`, figures{0, 1, 0, 1, 70}},
		{"it costs less", `cost_micros = 50`, figures{0, 1, 0, 1, 50}},
		{"nobody knows its cost", `cost_micros = null`, figures{0, 1, 0, 1, 0}},
		{"its texts change", `summary = 'another', transcript = '[]'`, figures{0, 1, 0, 1, 0}},
		{"it was a test", `is_test = true`, figures{}},
		{"a test may change", `status = 'failed', started_at = '2026-07-01T12:00:00Z'`, figures{}},
		{"it was none", `is_test = false, status = 'completed'`, figures{1, 0, 0, 1, 0}},
	} {
		s.do(`update call_logs set `+step.set+` where org_id = $1 and id = $2`, org, id)
		got := a.stats(t, org, "Europe/London", "2026-07-01", "2026-07-02")
		if have := (figures{got.ByDay[0].Total, got.ByDay[1].Total, got.ByStatus[0].Count, got.Completed, got.CostMicros}); have != step.want {
			t.Errorf("%s: %+v, want %+v", step.name, have, step.want)
		}
	}
	s.do(`delete from call_logs where org_id = $1 and id = $2`, org, id)
	if got := a.stats(t, org, "Europe/London", "2026-07-01", "2026-07-02"); got.Total != 0 {
		t.Errorf("it is gone: %+v", got)
	}
}

// Calls around every midnight and clock change of the year's two change days,
// in zones that change by an hour, at night, and by half an hour.
func TestCallStatsOverClockChanges(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for zone, changes := range map[string][2]string{
		"Europe/London":       {"2026-03-29", "2026-10-25"},
		"America/New_York":    {"2026-03-08", "2026-11-01"},
		"Australia/Lord_Howe": {"2026-04-05", "2026-10-04"},
		"Africa/Cairo":        {"2026-04-24", "2026-10-30"}, // changes at midnight itself
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			org := a.clinicIn(t, zone)
			s := a.super(t)
			want := map[string]int{}
			for _, change := range changes {
				day, err := time.Parse(time.DateOnly, change)
				if err != nil {
					t.Fatal(err)
				}
				for offset := -1; offset <= 1; offset++ {
					year, month, d := day.AddDate(0, 0, offset).Date()
					midnight := time.Date(year, month, d, 0, 0, 0, 0, loc)
					for _, after := range []time.Duration{-time.Minute, 0, 30 * time.Minute, 90 * time.Minute, 150 * time.Minute} {
						moment := midnight.Add(after)
						s.call(org, phoneCall{at: moment})
						want[moment.In(loc).Format(time.DateOnly)]++
					}
					for _, clock := range [][2]int{{23, 59}, {0, 0}, {0, 30}, {1, 30}, {2, 30}} {
						moment := time.Date(year, month, d, clock[0], clock[1], 0, 0, loc)
						s.call(org, phoneCall{at: moment})
						want[moment.In(loc).Format(time.DateOnly)]++
					}
				}
			}
			got := map[string]int{}
			for _, d := range a.stats(t, org, zone, "2026-01-01", "2026-12-31").ByDay {
				if d.Total > 0 {
					got[d.Day] = d.Total
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("by the clinic's calendar (-want +got):\n%s", diff)
			}
			s.recounted(org)
		})
	}
}

// statsByHand are the daily figures, counted over the calls themselves.
const statsByHand = `
	select (started_at at time zone o.timezone)::date, count(*),
		count(*) filter (where direction = 'inbound'), count(*) filter (where direction = 'outbound'),
		count(*) filter (where direction = 'web'),
		count(*) filter (where c.status in ('queued', 'ringing', 'in_progress', 'forwarding')),
		count(*) filter (where c.status = 'completed'), count(*) filter (where c.status = 'missed'),
		count(*) filter (where c.status = 'transferred'), count(*) filter (where c.status = 'voicemail'),
		count(*) filter (where c.status = 'failed'), count(*) filter (where c.status = 'cancelled'),
		count(*) filter (where c.status = 'unknown'),
		count(duration_seconds), coalesce(sum(duration_seconds), 0),
		count(*) filter (where sentiment = 'positive'), count(*) filter (where sentiment = 'neutral'),
		count(*) filter (where sentiment = 'negative'), count(sentiment_score), coalesce(sum(sentiment_score), 0),
		count(*) filter (where appointment_booked), coalesce(sum(cost_micros), 0)
	from call_logs c join organizations o on o.id = c.org_id where c.org_id = $1 and not is_test group by 1`

// statsKept are the same figures as the database keeps them.
const statsKept = `
	select day, total, inbound, outbound, web, in_progress, completed, missed, transferred, voicemail, failed, cancelled,
		unknown, timed, duration_seconds, positive, neutral, negative, scored, sentiment_score, booked, cost_micros
	from org_daily_stats where org_id = $1 and total <> 0`

// recounted fails unless the kept figures are those counted by hand.
func (s super) recounted(org uuid.UUID) {
	s.t.Helper()
	var kept, wrong, nonsense int
	err := s.QueryRow(s.t.Context(), `select (select count(*) from (`+statsKept+`) k), count(*),
			(select count(*) from org_daily_stats where org_id = $1 and total = 0 and (inbound, completed, timed, duration_seconds, cost_micros) <> (0, 0, 0, 0, 0))
		from ((`+statsByHand+` except `+statsKept+`) union all (`+statsKept+` except `+statsByHand+`)) d`, org).Scan(&kept, &wrong, &nonsense)
	if err != nil {
		s.t.Fatal(err)
	}
	if kept == 0 || wrong+nonsense > 0 {
		s.t.Errorf("of %d days %d differ from their calls, %d empty ones hold something", kept, wrong, nonsense)
	}
}

// A clinic moves to another time zone: all its days are counted again.
func TestCallStatsFollowTheTimezone(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org, other := a.clinicIn(t, "Europe/London"), a.clinicIn(t, "Europe/London")
	s := a.super(t)
	for _, c := range []uuid.UUID{org, other} {
		s.call(c, phoneCall{at: at("2026-01-10T23:30:00Z")})
		s.call(c, phoneCall{at: at("2026-01-10T02:00:00Z")})
		s.call(c, phoneCall{at: at("2026-01-10T02:00:00Z"), test: true})
	}
	days := func(org uuid.UUID, zone string) (totals []int) {
		for _, d := range a.stats(t, org, zone, "2026-01-09", "2026-01-11").ByDay {
			totals = append(totals, d.Total)
		}
		return totals
	}
	if got := days(org, "Europe/London"); !slices.Equal(got, []int{0, 2, 0}) {
		t.Fatalf("in London: %v", got)
	}
	for zone, want := range map[string][]int{"America/New_York": {1, 1, 0}, "Asia/Tokyo": {0, 1, 1}} {
		got := a.ask(t, member(org, "clinic", policy.Owner),
			`mutation($z: String!) { updateOrganization(input: {timezone: $z}) { organization { timezone } } }`, map[string]any{"z": zone})
		if len(got.Errors) > 0 {
			t.Fatal(got.Body)
		}
		if got := days(org, zone); !slices.Equal(got, want) {
			t.Errorf("in %s: %v, want %v", zone, got, want)
		}
		s.recounted(org)
	}
	if got := days(other, "Europe/London"); !slices.Equal(got, []int{0, 2, 0}) {
		t.Errorf("the clinic that stayed: %v", got)
	}
}

// Whatever is done to calls, in whatever order, the kept figures are their sums.
func TestCallStatsAreAlwaysTheSum(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 20261123))
			org, other := a.clinicIn(t, "Australia/Lord_Howe"), a.clinicIn(t, "America/New_York")
			s := a.super(t)
			calls := []uuid.UUID{s.call(other, anyCall(random))}
			for step := range 400 {
				id := calls[random.IntN(len(calls))]
				switch n := random.IntN(10); {
				case n < 5:
					calls = append(calls, s.call([]uuid.UUID{org, other}[random.IntN(2)], anyCall(random)))
				case n < 8:
					c := anyCall(random)
					s.do(`update call_logs set direction = $2, status = $3, started_at = $4, duration_seconds = $5, sentiment = $6,
						sentiment_score = $7, appointment_booked = $8, cost_micros = $9, is_test = $10 where id = $1`,
						id, c.direction, c.status, c.at, c.seconds, c.sentiment, c.score, c.booked, c.cost, c.test)
				case n == 8:
					s.do(`delete from call_logs where id = $1`, id)
				case step%40 == 0:
					s.do(`update organizations set timezone = $2 where id = $1`, org,
						[]string{"Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"}[random.IntN(4)])
				default: // many at once, across midnight, and half of it undone
					s.do(`begin`)
					s.do(`update call_logs set started_at = started_at + $2 * interval '1 minute' where org_id = $1`, org, random.IntN(2000)-1000)
					s.do(`savepoint half`)
					s.do(`delete from call_logs where org_id = $1`, org)
					s.do(`rollback to half`)
					s.do(`commit`)
				}
			}
			s.recounted(org)
			s.recounted(other)
		})
	}
}

// anyCall is a call near the clock changes of 2026, with anything in it.
func anyCall(r *rand.Rand) phoneCall {
	minutes := r.IntN(3*24*60) + oneOf(r, 0, 211, 183)*24*60
	return phoneCall{
		direction: oneOf(r, "inbound", "outbound", "web"),
		status: oneOf(r, "queued", "ringing", "in_progress", "forwarding", "completed", "missed", "transferred",
			"voicemail", "failed", "cancelled", "unknown"),
		at:        at("2026-04-03T00:00:00Z").Add(time.Duration(minutes) * time.Minute),
		seconds:   oneOf[any](r, nil, 0, 1, 3600),
		sentiment: oneOf[any](r, nil, "positive", "neutral", "negative"), score: oneOf[any](r, nil, 0, 50, 100),
		booked: oneOf(r, true, false), cost: oneOf[any](r, nil, 0, 1_000_000), test: oneOf(r, true, false, false, false),
	}
}

func oneOf[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// Sixteen writers, each under a scope of its own, tell of the same clinic's
// calls at once, as webhooks do: each call comes, goes on and ends.
func TestCallStatsOfManyWriters(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinicIn(t, "Europe/London")
	midnight := at("2026-06-10T23:00:00Z") // in London
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			ctx := policy.WithScope(t.Context(), ingesting(org))
			for n := range 20 {
				id := uuid.New()
				row, err := a.client.Call.Create().SetID(id).SetOrgID(org).SetProviderCallID(id.String()).
					SetDirection(call.DirectionInbound).SetStatus(call.StatusRinging).
					SetStartedAt(midnight.Add(time.Duration(n-10) * time.Minute)).Save(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				update := row.Update().SetStatus(call.StatusCompleted).SetDurationSeconds(60).SetCostMicros(5)
				if w%2 == 0 {
					update = update.SetIsTest(true)
				}
				if _, err := update.Save(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got := a.stats(t, org, "Europe/London", "2026-06-10", "2026-06-11")
	if got.Total != 160 || got.Completed != 160 || got.ByStatus[0].Count != 0 || got.CostMicros != 800 || got.ByDay[0].Total != 80 || *got.AverageDurationSeconds != 60 {
		t.Errorf("%+v", got)
	}
	a.super(t).recounted(org)
}

// ingesting is the scope in which a provider's news of calls is kept.
func ingesting(org uuid.UUID) policy.Scope {
	s := policy.Subject{
		ID: uuid.New(), Kind: policy.System, OrgID: org, OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Webhook, ID: "test", Scopes: []string{"call:ingest"}},
	}
	q := policy.Request{Subject: s, Action: policy.Ingest, Resource: policy.Call, Orgs: []uuid.UUID{org}, Now: time.Now()}
	return policy.NewScope(s, policy.Judge(q, policy.Verdict{Allow: true, OrgIDs: []uuid.UUID{org}}, policy.Evidence{ID: uuid.New()}))
}

// Summed in the database or row by row, together or alone, the figures are the same.
func TestStatsAreTheSameWithoutTheirDays(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	a.calls(t, org, 40)
	a.Exec(t, `update call_logs set sentiment = 'positive', sentiment_score = 80, cost_micros = 1000, appointment_booked = true,
		started_at = now() - (random() * interval '40 days') where org_id = $1`, org)
	a.Exec(t, `update call_logs set status = 'missed', duration_seconds = null where org_id = $1 and started_at < now() - interval '9 days'`, org)
	a.Exec(t, `update call_logs set started_at = now() where id in (select id from call_logs where org_id = $1 limit 3)`, org)
	figures := []string{
		"from", "to", "timezone", "total", "today", "completed", "missed", "inbound", "outbound", "web", "appointmentsBooked",
		"averageDurationSeconds", "byStatus { status count }", "sentiment { positive neutral negative averageScore }", "costMicros",
	}
	all := strings.Join(figures, " ")
	var summed, byRow struct{ CallStats map[string]any }
	nurse := member(org, "sunrise", policy.Staff)
	a.ask(t, nurse, `{ organization { slug } callStats { `+all+` } }`, nil).decode(t, &summed)
	a.ask(t, nurse, `{ organization { slug } callStats { `+all+` byDay { day } } }`, nil).decode(t, &byRow)
	if days, ok := byRow.CallStats["byDay"].([]any); !ok || len(days) != 30 {
		t.Errorf("days: %v", byRow.CallStats["byDay"])
	}
	delete(byRow.CallStats, "byDay")
	if diff := cmp.Diff(byRow.CallStats, summed.CallStats); diff != "" {
		t.Errorf("by row (-), summed (+):\n%s", diff)
	}
	for _, text := range figures {
		var alone struct{ CallStats map[string]any }
		a.ask(t, nurse, `{ organization { slug } callStats { `+text+` } }`, nil).decode(t, &alone)
		figure := strings.Fields(text)[0]
		if diff := cmp.Diff(summed.CallStats[figure], alone.CallStats[figure]); diff != "" || len(alone.CallStats) != 1 {
			t.Errorf("%s with the others (-), alone (+):\n%s", figure, diff)
		}
	}
	if summed.CallStats["today"] == 0.0 || summed.CallStats["total"] == 40.0 {
		t.Errorf("the scene shows nothing: %v", summed.CallStats)
	}
}
