package decisionlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// Bounds.
const (
	batchEvents = 500
	batchBytes  = 1 << 20
	leaseTime   = 2 * time.Minute // longer than one delivery
	scopeTime   = 10 * time.Minute
	mostPause   = 5 * time.Minute
)

// DefaultPoll is how often the audit is looked at when the sink has all of it.
const DefaultPoll = time.Second

// Config is what an Exporter needs. What has no default is required.
type Config struct {
	// Name is the sink's, under which the database keeps how far it is: its
	// address. Another name is another sink, which gets everything.
	Name     string
	Sink     Sink
	Driver   *rls.Driver
	Policies policy.Source
	Records  *audit.Writer
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() uuid.UUID
	Labels   map[string]string // of this program; nil: none
	Poll     time.Duration     // zero means DefaultPoll
	// Jitter draws a pause from 0 up to most; nil draws evenly.
	Jitter func(most time.Duration) time.Duration
}

// Exporter sends decisions to a sink. Make it with New.
type Exporter struct {
	Config
	outbox outbox
	after  string // the chain to begin after

	subject  policy.Subject
	scope    policy.Scope
	until    time.Time
	revision string

	delivered, aside, failures atomic.Int64
}

// New makes an exporter.
func New(c Config) *Exporter {
	if c.Poll == 0 {
		c.Poll = DefaultPoll
	}
	if c.Jitter == nil {
		c.Jitter = func(most time.Duration) time.Duration { return rand.N(most + 1) } //nolint:gosec // a pause is no secret
	}
	if c.Labels == nil {
		c.Labels = map[string]string{}
	}
	holder := c.NewID()
	return &Exporter{
		Config: c, outbox: outbox{driver: c.Driver, sink: c.Name, holder: holder},
		subject: policy.Subject{ID: holder, Kind: policy.Auditor, Credential: policy.Credential{
			Type: policy.Job, ID: "decision-log", Scopes: []string{string(policy.AuditDecision) + ":" + string(policy.Read)},
		}},
	}
}

// Run sends until ctx ends, then gives the lease back and closes the sink. While
// the sink or the database does not answer it waits, longer each time.
func (e *Exporter) Run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		sent, err := e.RunOnce(ctx)
		switch {
		case err == nil && sent > 0:
			failures = 0
		case err == nil:
			failures = 0
			pause(ctx, e.Poll)
		case ctx.Err() == nil:
			failures++
			e.failures.Add(1)
			wait := e.Jitter(min(time.Second<<min(failures, 12), mostPause))
			if later, ok := errors.AsType[*Later](err); ok {
				wait = max(wait, later.After)
			}
			e.Log.WarnContext(ctx, "decisions wait to be sent", "class", classOf(err), "pause", wait.String())
			pause(ctx, wait)
		}
	}
	ended, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_, err := e.outbox.lease(ended, 0)
	if err := errors.Join(err, e.Sink.Close()); err != nil {
		e.Log.WarnContext(ended, "ending the decision log", "class", classOf(err))
	}
}

// RunOnce sends one batch, if this process is the one that sends, and returns how
// many events the sink took.
func (e *Exporter) RunOnce(ctx context.Context) (sent int, err error) {
	mine, err := e.outbox.lease(ctx, leaseTime)
	if err != nil || !mine {
		return 0, err
	}
	after := e.after
	places, err := e.outbox.next(ctx, after, batchEvents)
	if err != nil {
		return 0, err
	}
	e.after = ""
	if len(places) == 0 {
		if after != "" {
			return e.RunOnce(ctx) // from the first chain again
		}
		return 0, nil
	}
	e.after = places[len(places)-1].Chain // the others have their turn
	scope, err := e.permitted(ctx)
	if err != nil {
		return 0, err
	}
	rows, err := e.outbox.read(policy.WithScope(ctx, scope), places)
	if err != nil {
		return 0, err
	}
	return e.send(ctx, rows)
}

// permitted is the scope to read under, decided anew from time to time and under
// each new policy.
func (e *Exporter) permitted(ctx context.Context) (policy.Scope, error) {
	decider, now := e.Policies.For(nil), e.Now()
	if decider.Revision() == e.revision && now.Before(e.until) {
		return e.scope, nil
	}
	d := decider.Decide(ctx, policy.Request{
		Subject: e.subject, Action: policy.Read, Resource: policy.AuditDecision, Operation: "job decision-log", Now: now,
	})
	if err := e.Records.Append(audit.NewRecord(d, audit.Origin{RequestID: "job:decision-log"}))(ctx); err != nil {
		return policy.Scope{}, err
	}
	if err := d.Err(); err != nil {
		return policy.Scope{}, err
	}
	e.scope, e.revision, e.until = policy.NewScope(e.subject, d), decider.Revision(), now.Add(scopeTime)
	return e.scope, nil
}

// Stats is how an exporter does. Delivered, SetAside and Failures are of this
// process since its start.
type Stats struct {
	Delivered, SetAside, Failures int64
	Lag                           time.Duration // age of the oldest decision that the sink has not got
	Refused                       int64         // set aside in all, by any process
}

// Stats asks the database how far behind the sink is.
func (e *Exporter) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Delivered: e.delivered.Load(), SetAside: e.aside.Load(), Failures: e.failures.Load()}
	oldest, refused, err := e.outbox.lag(ctx)
	if err != nil {
		return s, err
	}
	s.Refused = refused
	if !oldest.IsZero() {
		s.Lag = max(e.Now().Sub(oldest), 0)
	}
	return s, nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// classOf says what kind of failure err is, without its text: a URL may hold more
// than a name.
func classOf(err error) string {
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return fmt.Sprintf("refused:%d", refused.Status)
	}
	if later, ok := errors.AsType[*Later](err); ok {
		return fmt.Sprintf("status:%d", later.Status)
	}
	if denied, ok := errors.AsType[*policy.Denied](err); ok {
		return "denied:" + denied.Reason
	}
	switch {
	case errors.Is(err, errLease):
		return "lease"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	default:
		return "unavailable"
	}
}
