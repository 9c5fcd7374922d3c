package chaos_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// enough is how many answers the clients get before a fault ends.
	enough = 60
	// patience bounds what the test waits for, so that it ends.
	patience = 2 * time.Minute
	// backoff is how long a client waits after an error.
	backoff = 100 * time.Millisecond
)

// run is a stage under load.
type run struct {
	*stage
	tally
	all   []*clinic
	quiet sync.RWMutex // held by who looks at ledgers and rows that must not move

	fault  atomic.Pointer[fault]
	wrongs atomic.Int32              // answers
	silent atomic.Pointer[time.Time] // nothing that was asked since is served
}

// Whatever breaks: nobody is told anything wrong, nothing that was acknowledged
// is missing or there twice, everything served is on record, and the server
// recovers by itself.
func TestNothingIsWrongWhateverBreaks(t *testing.T) {
	t.Parallel()
	r := &run{stage: newStage(t)}
	r.all = r.open(t)
	r.server.start(t)
	r.begin("start")
	r.fault.Store(&fault{name: "start"})
	stop := r.load(t)
	r.everyone(t)
	for _, f := range faults() {
		if t.Failed() {
			break
		}
		if strings.Contains(f.name, *only) {
			r.endure(t, f)
		}
	}
	stop()
	r.settle(t)
	r.verify(t)
	r.server.stop(t)
	log := r.server.log.String()
	for _, word := range []string{"canary-", hookSecret, "whk_clinic", "DATA RACE", "panic"} {
		if at := strings.Index(log, word); at >= 0 {
			t.Errorf("the log holds %q: %s", word, log[max(0, at-300):min(len(log), at+3000)])
		}
	}
	if t.Failed() {
		t.Logf("the log:\n%s", r.server.log.troubles())
	}
	t.Logf("%s\n%s", r.String(), r.sum())
}

// load makes every clinic ask until stop, which returns when all have.
func (r *run) load(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	for i, c := range r.all {
		c.base = func() string { return r.server.url.Load().(string) } //nolint:errcheck,forcetypeassert // it is one
		c.other = func() *clinic { return r.all[(i+1)%len(r.all)] }
		asking.Go(func() {
			for ctx.Err() == nil {
				if !r.turn(t, c, c.step) {
					wait(ctx, backoff)
				}
			}
		})
	}
	stop = func() { cancel(); asking.Wait() }
	t.Cleanup(stop)
	return stop
}

// turn has a clinic ask one thing. It reports whether it was served.
func (r *run) turn(t *testing.T, c *clinic, ask func(context.Context) (answer, error)) bool {
	r.quiet.RLock()
	defer r.quiet.RUnlock()
	// Not the load's own context: what is asked is answered.
	a, err := ask(context.WithoutCancel(t.Context()))
	f := r.fault.Load()
	if err != nil {
		r.wrong(t, "%s, %s, request %s: %v", f, c.slug, a.request, err)
	}
	if !f.expected(a) {
		r.wrong(t, "%s, %s, request %s: told %s: %.400s", f, c.slug, a.request, a.code, a.body)
	}
	if a.ok() {
		c.answered = append(c.answered, a.request)
		if since := r.silent.Load(); since != nil && a.began.After(*since) {
			r.wrong(t, "%s: %s was served in spite of it, request %s", f, c.slug, a.request)
		}
	}
	r.count(c.index, a)
	return a.ok()
}

// wrong fails the test, and tells the first of what may be thousands.
func (r *run) wrong(t *testing.T, format string, args ...any) {
	if r.wrongs.Add(1) > 20 {
		t.Fail()
		return
	}
	t.Errorf(format, args...)
}

// endure lets a fault strike, waits until every clinic is served again, and
// proves that nothing is wrong.
func (r *run) endure(t *testing.T, f fault) {
	t.Helper()
	s := r.begin(f.name)
	r.fault.Store(&f)
	f.strike(t, r)
	mended := time.Now()
	r.everyone(t)
	r.recovered(s, time.Since(mended))
	for _, code := range f.felt {
		if !r.told(s, code) {
			t.Errorf("%s: nobody was told %s", f, code)
		}
	}
	r.verify(t)
}

// meet waits until the clients have had enough answers.
func (r *run) meet(t *testing.T) {
	t.Helper()
	await(t, "answers", r.answers(enough))
}

// last is meet, and goes on for as long as the long version wants.
func (r *run) last(t *testing.T) {
	t.Helper()
	r.meet(t)
	wait(t.Context(), *hold)
}

// rounds repeats a step n times, and in the long version until the time is up.
func (r *run) rounds(n int, step func(round int)) {
	began := time.Now()
	for round := 0; round < n || time.Since(began) < *hold; round++ {
		step(round)
	}
}

// unready waits until the server says that it is not ready.
func (r *run) unready(t *testing.T) {
	t.Helper()
	for range patience / backoff {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.all[0].base()+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := r.all[0].client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusServiceUnavailable {
			return
		}
		wait(t.Context(), backoff)
	}
	t.Fatal("never: the server to say that it is not ready")
}

// everyone waits until each clinic was served.
func (r *run) everyone(t *testing.T) {
	t.Helper()
	await(t, "every clinic to be served", r.tally.everyone(time.Now()))
}

// nothingIsServed holds while during runs.
func (r *run) nothingIsServed(during func()) {
	now := time.Now()
	r.silent.Store(&now)
	during()
	r.silent.Store(nil)
}

func await(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		t.Fatalf("never: %s", what)
	}
}

// wait lets d pass, or ctx end.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
