package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// Pauses between attempts: full jitter, from none up to a second after the first,
// doubled at each, up to two hours.
const (
	firstPause = time.Second
	mostPause  = 2 * time.Hour
)

// Run works the queue until ctx ends; then jobs at work have Config.Drain to end,
// and what still runs is cancelled and goes back. A database that is away is
// waited for. It is called once.
func (r *Runner) Run(ctx context.Context) {
	var recurring sync.WaitGroup
	recurring.Go(func() { r.recur(ctx) })
	defer recurring.Wait()
	for failures := 0; ctx.Err() == nil; failures++ {
		client, err := r.client()
		if err == nil {
			err = client.Start(ctx)
		}
		if err == nil {
			failures = 0
			<-client.Stopped()
			continue
		}
		if ctx.Err() == nil {
			r.Log.WarnContext(ctx, "the queue cannot be worked yet", "class", classOf(err))
		}
		wait(ctx, min(time.Second<<min(failures, 5), 10*time.Second))
	}
}

// wait waits, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// client is River as it is used here: it polls, because whoever is let into the
// database can send a NOTIFY, and River takes orders from some; it makes no jobs
// of its own and rebuilds no index, since it owns none.
func (r *Runner) client() (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	for kind, h := range r.handlers {
		river.AddWorkerArgs(workers, args{kind: kind}, &worker{runner: r, handler: h, about: h.about()})
	}
	queues := map[string]river.QueueConfig{}
	for lane, n := range r.Lanes {
		queues[string(lane)] = river.QueueConfig{MaxWorkers: n}
	}
	return river.NewClient(riverpgxv5.New(r.pool), &river.Config{
		Schema: "river", Workers: workers, Queues: queues, Logger: r.Log,
		PollOnly: true, FetchPollInterval: r.Poll, FetchCooldown: min(r.Poll, river.FetchCooldownDefault), FetchOnlyKnownKinds: true,
		JobTimeout: DefaultTimeout, RescueStuckJobsAfter: r.Rescue, SoftStopTimeout: r.Drain, RetryPolicy: r,
		CompletedJobRetentionPeriod: 24 * time.Hour, CancelledJobRetentionPeriod: 30 * 24 * time.Hour,
		DiscardedJobRetentionPeriod: -1, // the dead stay
		ReindexerIndexNames:         []string{},
	})
}

// NextRetry implements river.ClientRetryPolicy.
func (r *Runner) NextRetry(job *rivertype.JobRow) time.Time {
	most := min(firstPause<<min(max(len(job.Errors), 0), 20), mostPause)
	return time.Now().Add(r.Jitter(most)) // by River's clock, which is the machine's
}

// args are what River carries for a job: its text and the proof of it.
type args struct {
	kind  string
	Job   string `json:"job"`
	Proof string `json:"proof"`
}

// Kind implements river.JobArgs.
func (a args) Kind() string { return a.kind }

// worker is a Handler as River calls it.
type worker struct {
	river.WorkerDefaults[args]
	about
	runner  *Runner
	handler Handler
}

// Timeout implements river.Worker.
func (w *worker) Timeout(*river.Job[args]) time.Duration { return w.timeout }

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	a := &attempt{
		Runner: w.runner, about: w.about, handler: w.handler, row: job.JobRow,
		text: job.Args.Job, proof: job.Args.Proof, now: w.runner.Now(),
	}
	return a.run(ctx)
}
