package ratelimit

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSetHeaders(t *testing.T) {
	t.Parallel()
	org := Window{Name: WindowOrg, Limit: Limit{Rate: 600, Burst: 600, Period: time.Minute}, Remaining: 12, Reset: 7100 * time.Millisecond}
	cost := Window{Name: WindowCost, Limit: Limit{Rate: 50_000, Burst: 50_000, Period: time.Hour}, Remaining: 49_000, Reset: 72 * time.Second}
	with := func(w Window, change func(*Window)) Window {
		change(&w)
		return w
	}
	const policy = `"org";q=600;w=60, "cost";q=50000;w=3600`

	for _, row := range []struct {
		name   string
		result Result
		want   map[string]string
	}{
		{"nothing is known", Result{}, map[string]string{}},
		{"allowed", Result{Allowed: true, Windows: []Window{org, cost}}, map[string]string{
			"RateLimit-Policy":      policy,
			"RateLimit":             `"org";r=12;t=8, "cost";r=49000;t=72`,
			"X-RateLimit-Limit":     "600",
			"X-RateLimit-Remaining": "12",
			"X-RateLimit-Reset":     "8",
		}},
		{"cost is the tighter by share, though larger by number", Result{Allowed: true, Windows: []Window{
			org, with(cost, func(w *Window) { w.Remaining, w.Reset = 900, 3535*time.Second+1 }),
		}}, map[string]string{
			"RateLimit-Policy":      policy,
			"RateLimit":             `"org";r=12;t=8, "cost";r=900;t=3536`,
			"X-RateLimit-Limit":     "50000",
			"X-RateLimit-Remaining": "900",
			"X-RateLimit-Reset":     "3536",
		}},
		{"refused: a nanosecond is a second", Result{Windows: []Window{
			with(org, func(w *Window) { w.Remaining, w.Reset, w.RetryAfter = 0, time.Minute, 1 }), cost,
		}}, map[string]string{
			"RateLimit-Policy":      policy,
			"RateLimit":             `"org";r=0;t=60, "cost";r=49000;t=72`,
			"X-RateLimit-Limit":     "600",
			"X-RateLimit-Remaining": "0",
			"X-RateLimit-Reset":     "60",
			"Retry-After":           "1",
		}},
		{"refused by both: wait for the slower", Result{Windows: []Window{
			with(org, func(w *Window) { w.Remaining, w.RetryAfter = 0, 2*time.Second }),
			with(cost, func(w *Window) { w.Remaining, w.RetryAfter = 3, 2001*time.Millisecond }),
		}}, map[string]string{
			"RateLimit-Policy":      policy,
			"RateLimit":             `"org";r=0;t=8, "cost";r=3;t=72`,
			"X-RateLimit-Limit":     "50000",
			"X-RateLimit-Remaining": "3",
			"X-RateLimit-Reset":     "72",
			"Retry-After":           "3",
		}},
		{"waiting does not help", Result{Windows: []Window{
			with(org, func(w *Window) { w.RetryAfter = time.Second }),
			with(cost, func(w *Window) { w.RetryAfter = Never }),
		}}, map[string]string{
			"RateLimit-Policy":      policy,
			"RateLimit":             `"org";r=12;t=8, "cost";r=49000;t=72`,
			"X-RateLimit-Limit":     "50000",
			"X-RateLimit-Remaining": "49000",
			"X-RateLimit-Reset":     "72",
		}},
	} {
		got := http.Header{}
		row.result.SetHeaders(got)
		want := http.Header{}
		for k, v := range row.want {
			want.Set(k, v)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", row.name, diff)
		}
	}
}
