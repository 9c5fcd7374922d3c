package server

import (
	"context"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/server/ratelimit"
)

const (
	// maxCooldown bounds how long a refusal is remembered, so that a plan that
	// was raised, or a credential that was taken away, shows within it.
	maxCooldown = time.Second
	// floodAfter is how many refusals within maxCooldown make a flood. Whoever is
	// refused less often is judged anew each time.
	floodAfter = 5
)

// cooldown remembers who is refused again and again for asking too often, and
// until when. A flood is turned away before anything is done for it: no token is
// checked, no directory or Redis asked, no document read. So it costs the others
// little that they wait for. When the wait is over one request of it goes on to
// be judged, and the rest wait again: whoever floods may get a little less than
// the plan, never more. A refusal says nothing that the ones before did not.
type cooldown struct {
	now func() time.Time

	mu      sync.Mutex
	refused *simplelru.LRU[[sha256.Size]byte, flood]
}

// flood is how often an asker was refused since, how long the last was told to
// wait, and until when it will be refused.
type flood struct {
	since, until time.Time
	times        int
	wait         time.Duration
	result       ratelimit.Result
}

func newCooldown(now func() time.Time) (*cooldown, error) {
	refused, err := simplelru.NewLRU[[sha256.Size]byte, flood](4096, nil)
	return &cooldown{now: now, refused: refused}, err
}

// asker names a credential and what it chose among: whoever sends the same is
// charged to the same plan.
func asker(r *http.Request) (digest [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range [][]string{r.Header.Values("Authorization"), r.Header.Values("X-Api-Key"), r.Header.Values("X-Cascade-Org"), {r.Host}} {
		for _, value := range part {
			h.Write([]byte(value)) // header values hold no zero bytes
			h.Write([]byte{0})
		}
		h.Write([]byte{0})
	}
	h.Sum(digest[:0])
	return digest
}

// askerKey holds the asker's digest, for remember.
type askerKey struct{}

// turnAway refuses whoever was refused a moment ago. Streams go on to be judged
// operation by operation.
func (c *cooldown) turnAway(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isStream(r) {
			next.ServeHTTP(w, r)
			return
		}
		who := asker(r)
		if left, result := c.left(who); left > 0 {
			result.SetHeaders(w.Header())
			refusal{
				status: http.StatusTooManyRequests, code: fault.RateLimited, reason: "org_limit", retryAfter: left,
				message: "The plan's limit is reached. Go on when Retry-After says.",
			}.write(w, r)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askerKey{}, who)))
	})
}

// left is how long an asker has to wait; zero for one that may go on.
func (c *cooldown) left(who [sha256.Size]byte) (time.Duration, ratelimit.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	seen, ok := c.refused.Get(who)
	if !ok || seen.times < floodAfter || !seen.lasts(now) {
		return 0, ratelimit.Result{}
	}
	if left := seen.until.Sub(now); left > 0 {
		return left, seen.result
	}
	seen.until = now.Add(seen.wait) // of the others: this one goes on
	c.refused.Add(who, seen)
	return 0, ratelimit.Result{}
}

// lasts reports whether what is remembered still counts. What lies ahead was
// remembered before the clock was set back.
func (f flood) lasts(now time.Time) bool {
	age := now.Sub(f.since)
	return age >= 0 && age < maxCooldown
}

// remember keeps a refusal that no request of this asker could escape: one by
// the number of requests. What was too dear may be asked for in smaller parts.
func (c *cooldown) remember(ctx context.Context, result ratelimit.Result) {
	who, ok := ctx.Value(askerKey{}).([sha256.Size]byte)
	wait := result.Window(ratelimit.WindowOrg).RetryAfter
	if !ok || wait <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	seen, _ := c.refused.Get(who)
	if !seen.lasts(now) {
		seen = flood{since: now}
	}
	seen.times++
	seen.wait = min(wait, maxCooldown)
	seen.until, seen.result = now.Add(seen.wait), result
	c.refused.Add(who, seen)
}
