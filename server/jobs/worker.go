package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// DefaultTimeout bounds one attempt at a job.
const DefaultTimeout = time.Minute

// Need is one question that the policy is asked before a job of a kind is worked:
// may it do this with rows of this type in its clinic?
type Need struct {
	Action   policy.Action
	Resource policy.Resource
}

// Worker works the jobs of one kind. It has Work or Errand, and not both.
type Worker[A any] struct {
	Kind  queue.Kind[A]
	Needs []Need
	// Platform is for jobs that have no clinic. One of the other sort is refused.
	Platform bool
	// Timeout bounds one attempt; zero means DefaultTimeout.
	Timeout time.Duration
	// Work does all of a job in tx, which is committed with the end of the job
	// when it returns nil. It may be done again from the start.
	Work func(ctx context.Context, tx *rls.Tx, job *Job[A]) error
	// Errand does a job that needs somebody else's server.
	Errand func(ctx context.Context, job *Job[A]) error
}

// Handler is a Worker whatever its kind.
type Handler interface {
	about() about
	work(ctx context.Context, a *attempt) error
}

// about is what the runner has to know of a worker.
type about struct {
	kind     string
	needs    []Need
	platform bool
	errand   bool
	timeout  time.Duration
	err      error // why this is no worker
}

// Job is one attempt at a job.
type Job[A any] struct {
	// ID is the job's own, the same at each attempt.
	ID uuid.UUID
	// Org is its one clinic; zero for the platform's.
	Org  uuid.UUID
	Args A
	// Attempt is 1 at first.
	Attempt int
	// Now is the one clock reading of the attempt.
	Now time.Time

	attempt *attempt
}

// Within runs one step of an Errand in a transaction of its own. It is kept when
// do returns nil, whatever becomes of the job: a step may find that an earlier
// attempt has done it.
func (j *Job[A]) Within(ctx context.Context, do func(*rls.Tx) error) error {
	return j.attempt.within(ctx, do, false)
}

// Finish is the last step of an Errand: it keeps the end of the job with it.
// ErrLost means that the job is no longer this attempt's, and that nothing was
// kept. An Errand that returns nil without it is ended all the same.
func (j *Job[A]) Finish(ctx context.Context, do func(*rls.Tx) error) error {
	return j.attempt.within(ctx, do, true)
}

// ErrLost means that a job went to another attempt while this one was at work:
// it was taken for dead. What it did since its last step is not kept.
var ErrLost = errors.New("jobs: the job is another attempt's by now")

// errWorker means that a Worker is none.
var errWorker = errors.New("jobs: no worker")

func (w Worker[A]) about() about {
	a := about{kind: w.Kind.Name, needs: w.Needs, platform: w.Platform, errand: w.Errand != nil, timeout: w.Timeout}
	if a.timeout == 0 {
		a.timeout = DefaultTimeout
	}
	if w.Kind.Name == "" || (w.Work == nil) == (w.Errand == nil) || a.timeout < 0 {
		a.err = fmt.Errorf("%w: kind %q needs a name, and either Work or Errand", errWorker, w.Kind.Name)
	}
	return a
}

func (w Worker[A]) work(ctx context.Context, a *attempt) error {
	job := &Job[A]{ID: a.body.ID, Org: a.body.Org, Attempt: a.row.Attempt, Now: a.now, attempt: a}
	if err := json.Unmarshal(a.body.Args, &job.Args); err != nil {
		return Fault{Code: "arguments", Dead: true}
	}
	if w.Work != nil {
		return a.within(ctx, func(tx *rls.Tx) error { return w.Work(ctx, tx, job) }, true)
	}
	if err := w.Errand(ctx, job); err != nil || a.ended {
		return err
	}
	return a.within(ctx, func(*rls.Tx) error { return nil }, true)
}
