package drill_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/voxanne/cascade/policy"
)

// asked are questions about one value, which is clinic b's or nobody's.
func (w *world) asked(b *testing.B) map[string]struct{ sql, foreign, absent string } {
	b.Helper()
	var contact, phone, name string
	if err := w.super.QueryRow(b.Context(), `select id, phone, name from contacts where org_id = $1 order by id limit 1`, w.b.id).Scan(&contact, &phone, &name); err != nil {
		b.Fatal(err)
	}
	own, nobody := fmt.Sprintf(`org_id = '%s'`, w.a.id), "99999999-9999-7999-8999-999999999999"
	const scan = `set local enable_indexscan = off; set local enable_bitmapscan = off; set local enable_indexonlyscan = off;`
	return map[string]struct{ sql, foreign, absent string }{
		"a row by its id, as the program asks":        {`select * from contacts where ` + own + ` and id = '%s'`, contact, nobody},
		"a row by its id alone":                       {`select * from contacts where id = '%s'`, contact, nobody},
		"a row by its phone":                          {`select * from contacts where phone = '%s'`, phone, "+19999999999"},
		"a row by its name, in a scan that is forced": {scan + `select * from contacts where name = '%s'`, name, "nobody has this name at all"},
		"a reference to a row":                        {`update call_logs set contact_id = '%s' where ` + own, contact, nobody},
		"a change of a row":                           {`update contacts set notes = 'x' where id = '%s'`, contact, nobody},
	}
}

// BenchmarkOracles times each question about a value of clinic b and about one
// that nobody has, in random turns, and prints the quartiles of both and the
// rank test of Mann and Whitney: |z| below 3 is noise. Run it alone, as
//
//	go test -run '^$' -bench Oracles -benchtime 4000x ./migrations/drill
func BenchmarkOracles(b *testing.B) {
	w := newWorld(b, 300)
	w.Exec(b, `vacuum analyze`)
	a := w.attack(b, []policy.Action{policy.Read, policy.Update})
	for name, q := range w.asked(b) {
		b.Run(name, func(b *testing.B) {
			var times [2][]float64
			for range max(b.N, 20) {
				which := rand.IntN(2)
				sql := a.begin() + fmt.Sprintf(q.sql, []string{q.foreign, q.absent}[which]) + "; rollback"
				start := time.Now()
				a.raw(b, sql)
				times[which] = append(times[which], float64(time.Since(start).Nanoseconds())/1000)
				a.raw(b, "rollback")
			}
			foreign, absent := quartiles(times[0]), quartiles(times[1])
			z := rank(times[0], times[1])
			b.Logf("foreign %.1f µs, absent %.1f µs (25, 50, 75 %%), z = %.2f", foreign, absent, z)
			b.ReportMetric(foreign[1]-absent[1], "µs-apart")
			b.ReportMetric(z, "z")
		})
	}
}

func quartiles(times []float64) [3]float64 {
	sorted := slices.Sorted(slices.Values(times))
	n := len(sorted)
	if n == 0 {
		return [3]float64{}
	}
	return [3]float64{sorted[n/4], sorted[n/2], sorted[n*3/4]}
}

// rank is the z score of the Mann-Whitney test: how far the ranks of x among all
// are from what chance would make them.
func rank(x, y []float64) float64 {
	type sample struct {
		time float64
		mine bool
	}
	var all []sample
	for _, v := range x {
		all = append(all, sample{v, true})
	}
	for _, v := range y {
		all = append(all, sample{v, false})
	}
	slices.SortFunc(all, func(a, b sample) int {
		if a.time < b.time {
			return -1
		}
		return 1
	})
	sum := 0.0
	for i, s := range all {
		if s.mine {
			sum += float64(i + 1)
		}
	}
	n, m := float64(len(x)), float64(len(y))
	return (sum - n*(n+1)/2 - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}
