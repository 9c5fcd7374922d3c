package recording_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/recording"
)

// boundaries counts what a worker does to the outside: each statement, each
// request to the provider and to the store. At the one that is chosen a fault
// strikes.
type boundaries struct {
	noop.Tracer
	mu     sync.Mutex
	n, at  int
	strike func()
	struck bool
}

// cross is called before each.
func (b *boundaries) cross() {
	b.mu.Lock()
	b.n++
	strike := b.strike
	now := b.at > 0 && b.n >= b.at
	b.struck = b.struck || now
	b.mu.Unlock()
	if now && strike != nil {
		strike()
	}
}

// arm sets the next fault; at 0 is none.
func (b *boundaries) arm(at int, strike func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n, b.at, b.strike, b.struck = 0, at, strike, false
}

// Start implements trace.Tracer: statements of the driver have spans.
func (b *boundaries) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	b.cross()
	return b.Tracer.Start(ctx, name, options...)
}

// Whatever breaks at whatever moment, in the end each recording is there once.
func TestKilledAtEveryBoundary(t *testing.T) {
	t.Parallel()
	s := onS3(t, newStage(t))
	b := &boundaries{}
	s.config.Driver = rls.New(rls.Config{Pool: s.config.Driver.Pool, Key: s.Key, Tracer: b})
	org := s.clinic(t, "lantern")
	seed := uint64(20261124)
	r := rand.New(rand.NewPCG(seed, seed))
	var broken atomic.Bool // the store
	s.s3.fail = func(*http.Request) bool {
		b.cross()
		return broken.Load()
	}
	terminate := func() {
		_, _ = s.eye.Exec(context.WithoutCancel(t.Context()), `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'cascade_app'`)
	}
	const tries, rounds, last = 5, 26, 17 // boundaries of a try that meets no fault
	points, struck := 0, 0
	for range rounds {
		for _, fault := range []string{"drain", "postgres", "store", "kill"} {
			points++
			at := 1 + r.IntN(last)
			ref := fmt.Sprintf("%s-%d-%d", fault, at, points)
			body := wav(ref, 1000+r.IntN(50_000))
			s.queued(t, org, ref)
			s.provider.serves(ref, func(w http.ResponseWriter, r *http.Request) {
				b.cross()
				sound(body)(w, r)
			})
			ctx, cancel := context.WithCancel(t.Context())
			broken.Store(false)
			b.arm(at, map[string]func(){
				"drain":    cancel,
				"postgres": sync.OnceFunc(terminate),
				"store":    func() { broken.Store(true) },
				// Nothing that the dying process still tries comes through.
				"kill": func() { broken.Store(true); cancel(); terminate() },
			}[fault])
			s.open()
			_, _ = s.workers.RunOnce(ctx) // what it says is nobody's to hear any more
			cancel()
			if b.struck {
				struck++
			}
			b.arm(0, nil)
			broken.Store(false)
			s.open()          // restarted
			for range tries { // the last are for what does not end
				if s.count(t, `select count(*) from recording_upload_queue where status <> 'done'`) == 0 {
					break
				}
				s.due(t)
				_, _ = s.workers.RunOnce(t.Context()) // the first may meet a connection that was cut
			}
			if got := s.row(t, `select q.status, c.recording_state, r.sha256, (select count(*) from recording_upload_metrics m where m.queue_id = q.id and m.status = 'success')::int as successes
				from recording_upload_queue q join call_logs c on c.id = q.call_id left join recordings r on r.call_id = c.id where q.provider_ref = $1`, ref); got["status"] != "done" ||
				got["recording_state"] != "stored" || got["sha256"] != hexSum(body) || got["successes"] != int32(1) {
				t.Errorf("%s, seed %d: %v", ref, seed, got)
			}
		}
	}
	if struck < 100 {
		t.Errorf("%d faults struck in %d rounds: too few", struck, points)
	}
	rows, objects := s.count(t, `select count(distinct object_key) from recordings`), len(s.objects(t))
	if rows != points || objects != points {
		t.Errorf("%d rows and %d objects of %d recordings", rows, objects, points)
	}
	for _, key := range s.objects(t) {
		sum := hexSum(s.s3.objects[key].body)
		if n := s.count(t, `select count(*) from recordings where object_key = $1 and sha256 = $2`, key, sum); n != 1 {
			t.Errorf("%s holds other bytes than its row says", key)
		}
	}
	t.Logf("%d faults", struck)
}

// A server that stops gives back what it works on, untried.
func TestDrainGivesBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "lantern")
	s.queued(t, org, "call-1")
	ctx, stop := context.WithCancel(t.Context())
	began := make(chan struct{})
	s.provider.serves("call-1", func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.workers.Run(ctx, 3)
	}()
	<-began
	stop()
	<-ended
	got := s.row(t, `select status || ' ' || attempt_count || ' ' || (next_attempt_at <= now() and lease_token is null) as all from recording_upload_queue`)
	if got["all"] != "pending 0 true" || s.last().Result != recording.Returned {
		t.Errorf("%v, %+v", got, s.last())
	}
	s.provider.serves("call-1", sound(wav("call-1", 1000)))
	s.work(t, 1)
	if n := s.count(t, `select count(*) from recordings`); n != 1 {
		t.Errorf("%d recordings afterwards", n)
	}
}
