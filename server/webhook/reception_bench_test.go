package webhook_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkAnswers is what a caller waits for, over HTTP, from the wire to the
// commit and back: one after the other and eight at once, for eight clinics with
// a hundred articles each.
func BenchmarkAnswers(b *testing.B) {
	for _, parallel := range []int{1, 8} {
		for name, body := range map[string]func(call string, n int64) string{
			"assistant-request": func(call string, _ int64) string { return fixture(b, "assistant-request", call) },
			"find_free_slots": func(call string, n int64) string {
				return toolCalls(b, call, mira, asked{fmt.Sprint("t", n), "find_free_slots", args{}})
			},
			"capture_lead": func(call string, n int64) string {
				return toolCalls(b, call, mira, asked{fmt.Sprint("t", n), "capture_lead", args{"name": "Mira", "interest": "check-up"}})
			},
			"book_and_cancel": func(call string, n int64) string {
				day := monday.AddDate(0, 0, 1+7*int(n%8)).Format(time.DateOnly)
				return toolCalls(b, call, fmt.Sprintf("+1555%07d", n), asked{fmt.Sprint("t", n), "book_appointment", args{"starts_at": day + "T10:00:00-05:00"}},
					asked{fmt.Sprint("c", n), "cancel_appointment", args{}})
			},
			"lookup_knowledge": func(call string, n int64) string {
				return toolCalls(b, call, mira, asked{fmt.Sprint("t", n), "lookup_knowledge", args{"question": "What does a cleaning cost on a weekday?"}})
			},
		} {
			b.Run(fmt.Sprintf("%s/parallel=%d", name, parallel), func(b *testing.B) {
				s := newStage(b)
				s.at(b, monday)
				to := make([]clinic, 8)
				for i := range to {
					to[i] = s.clinic(b, fmt.Sprintf("clinic-%d", i))
					s.Exec(b, `insert into inbound_agent_config (org_id, id, agent_id) values ($1, gen_random_uuid(), $2)`, to[i].org, to[i].agent)
					s.Exec(b, `insert into knowledge_base (org_id, id, title, content) select $1, gen_random_uuid(), 'Article ' || n,
						repeat('A cleaning costs ' || n || ' dollars on weekdays, whitening is extra, and cars can be parked behind the house. ', 10) from generate_series(1, 100) n`, to[i].org)
				}
				s.server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64 //nolint:errcheck,forcetypeassert // httptest's
				var n atomic.Int64
				var mu sync.Mutex
				var took []time.Duration
				var all sync.WaitGroup
				b.ResetTimer()
				for range parallel {
					all.Go(func() {
						for {
							i := n.Add(1)
							if i > int64(b.N) {
								return
							}
							text := body(fmt.Sprintf("call-%d", i%64), i)
							began := time.Now()
							got := s.post(b, to[i%8], text)
							mu.Lock()
							took = append(took, time.Since(began))
							mu.Unlock()
							if got.status != http.StatusOK {
								b.Errorf("%d %s", got.status, got.body)
							}
						}
					})
				}
				all.Wait()
				slices.SortFunc(took, cmp.Compare)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			})
		}
	}
}
