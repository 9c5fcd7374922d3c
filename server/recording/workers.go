package recording

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/voxanne/cascade/policy"
)

// Workers bring recordings in. Any number of them, on any number of machines,
// may run at once.
type Workers struct{ desk }

// NewWorkers makes Workers.
func NewWorkers(c Config) *Workers { return &Workers{desk{c.withDefaults()}} }

// idle is how long a worker that found nothing waits before it looks again.
const idle = 2 * time.Second

// Run works with n workers until ctx ends. Then what is under way is given back,
// as if it had never been begun, and Run returns when all of it has been.
func (w *Workers) Run(ctx context.Context, n int) {
	var all sync.WaitGroup
	for range n {
		all.Go(func() { w.loop(ctx) })
	}
	all.Wait()
}

func (w *Workers) loop(ctx context.Context) {
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		found, err := w.RunOnce(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			w.Log.WarnContext(ctx, "recordings could not be worked on", "class", classOf(err))
			wait.Reset(idle)
		case !found:
			wait.Reset(idle/2 + time.Duration(w.Jitter()*float64(idle)))
		default:
			wait.Reset(0)
		}
	}
}

// RunOnce brings in one recording, if one is due. found tells whether one was;
// an error, that what became of it could not be written down: its lease ends by
// itself, and it is tried again.
func (w *Workers) RunOnce(ctx context.Context) (found bool, err error) {
	claims, err := w.claims(ctx, 1)
	if err != nil || len(claims) == 0 {
		return false, err
	}
	return true, w.work(ctx, claims[0])
}

// work is one try, from its lease to what became of it.
func (w *Workers) work(ctx context.Context, c claim) error {
	j, err := w.begin(ctx, c)
	if err == nil {
		err = w.try(ctx, j)
	}
	o := Observation{Result: Stored, Bytes: j.bytes, Download: j.download, Upload: j.upload}
	switch {
	case err == nil:
	case errors.Is(err, ErrLeaseLost):
		o.Result, err = Lost, nil
	case j.call == [16]byte{}: // nothing is known of it: the policy denies, or the database is away
		o.Result, o.Class = Lost, classOf(err)
	case errors.Is(err, errSuspended), ctx.Err() != nil && becomes(classOf(err)) == again:
		o.Result, err = Returned, w.giveBack(ctx, c, j.scope)
	default:
		o.Class = classOf(err)
		w.Log.WarnContext(ctx, "a recording was not brought in", "org_id", c.Org, "upload_id", c.Upload, "attempt", j.attempt, "class", o.Class)
		o.Result, err = w.fail(ctx, j, o.Class)
	}
	if errors.Is(err, ErrLeaseLost) {
		o.Result, err = Lost, nil
	}
	w.Observe(o)
	return err
}

// try fetches, stores and finishes while the lease is renewed.
func (w *Workers) try(ctx context.Context, j *job) error {
	leased, stop := w.renewed(ctx, j.claim, j.scope)
	defer stop()
	k, err := w.bring(leased, j)
	if errors.Is(context.Cause(leased), ErrLeaseLost) {
		return ErrLeaseLost
	}
	if err != nil {
		return err
	}
	err = w.finish(ctx, j, k)
	if c := classOf(err); err != nil && (c == ConsentRefused || c == Erased) {
		// It entered the store in the very moment in which it must not.
		w.discard(policy.WithScope(ctx, j.scope), k.key)
	}
	return err
}

// discard deletes an object that must not be there. If it cannot, the Sweeper
// finds it: it has no row.
func (w *Workers) discard(ctx context.Context, key string) {
	ctx, cancel := unhurried(ctx)
	defer cancel()
	if err := w.Store.delete(ctx, key); err != nil {
		w.Log.WarnContext(ctx, "an object waits for the sweep", "class", Store)
	}
}
