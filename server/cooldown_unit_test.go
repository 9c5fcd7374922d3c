package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/voxanne/cascade/server/ratelimit"
)

// A flood that the plan lets through once in 20 ms: one request of it goes on in
// each 20 ms, whoever comes with it is refused, and after a second all is judged
// anew.
func TestOneOfAFloodGoesOnAtATime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	c, err := newCooldown(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	over := ratelimit.Result{Windows: []ratelimit.Window{{Name: ratelimit.WindowOrg, RetryAfter: 20 * time.Millisecond}}}
	var admitted int
	judged := over // what the limiter says of who goes on
	handler := c.turnAway(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		admitted++
		if !judged.Allowed {
			c.remember(r.Context(), judged)
		}
	}))
	ask := func(n int) int {
		admitted = 0
		for range n {
			r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
			r.Header.Set("Authorization", "Bearer x")
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}
		return admitted
	}
	if got := ask(100); got != floodAfter {
		t.Errorf("%d were judged before it was a flood", got)
	}
	judged = ratelimit.Result{Allowed: true}
	for range 10 {
		now = now.Add(20 * time.Millisecond)
		if got := ask(100); got != 1 {
			t.Errorf("%d went on at once", got)
		}
	}
	now = now.Add(maxCooldown)
	if got := ask(10); got != 10 {
		t.Errorf("%d of 10 were judged when the flood was over", got)
	}
	judged = over
	ask(floodAfter)
	now = now.Add(-time.Hour)
	if got := ask(1); got != 1 {
		t.Error("a clock that was set back refuses for an hour")
	}
}
