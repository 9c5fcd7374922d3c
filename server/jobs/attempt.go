package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// Reasons of refusals that no policy was asked for.
const (
	reasonNotProven = "job_not_proven" // the program did not make it
	reasonMisfit    = "job_misfit"     // a clinic's where the platform's works, or the other way round
	reasonNoOrg     = "org_inactive"   // its clinic is closed, or never was
)

// pause is how long the jobs of a suspended clinic wait before it is looked at
// again. It costs them no attempt.
const pause = 5 * time.Minute

// attempt is one attempt at one job.
type attempt struct {
	*Runner
	about
	handler Handler
	row     *rivertype.JobRow
	text    string // the job, as its proof covers it
	proof   string
	body    queue.Body
	now     time.Time
	records []audit.Record // that go with the next transaction
	ended   bool
}

// run works the job, and returns what River is to do with it. Of an error it
// returns the class alone.
func (a *attempt) run(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			// Not the value, which may quote what it met.
			a.Log.ErrorContext(ctx, "a job panicked", "kind", a.kind, "job", a.row.ID, "type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			err = a.failed(ctx, Fault{Code: "panic"})
		}
	}()
	subject, wait, err := a.admit(ctx)
	if wait > 0 {
		a.observe(Waiting, "")
		return river.JobSnooze(wait)
	}
	if err == nil {
		ctx, err = a.decide(ctx, subject)
	}
	if err == nil {
		err = a.handler.work(ctx, a)
	}
	if err != nil {
		return a.failed(ctx, err)
	}
	a.observe(Done, "")
	return nil
}

// failed says how a job goes on after err.
func (a *attempt) failed(ctx context.Context, err error) error {
	class := classOf(err)
	fault, _ := errors.AsType[Fault](err)
	_, denied := errors.AsType[*policy.Denied](err)
	result := Failed
	switch {
	case denied:
		result = Refused
	case errors.Is(err, ErrLost):
		result = Lost
	case fault.Dead, a.row.Attempt >= a.row.MaxAttempts:
		result = Dead
	}
	a.observe(result, class)
	a.Log.WarnContext(ctx, "a job was not done", "kind", a.kind, "job", a.row.ID, "attempt", a.row.Attempt, "result", string(result), "class", class)
	if denied || fault.Dead {
		return river.JobCancel(kept(class))
	}
	return kept(class)
}

// admit finds out who works, before anything is done: that the program made the
// job, and that its clinic may be served. wait is how long a suspended one's
// has to.
func (a *attempt) admit(ctx context.Context) (subject policy.Subject, wait time.Duration, err error) {
	var slug, status *string
	err = a.Driver.Pool.QueryRow(ctx, `select slug, status from app.job_facts($1, $2)`, a.text, a.proof).Scan(&slug, &status)
	switch {
	case sqlState(err) == "42501", err == nil && (json.Unmarshal([]byte(a.text), &a.body) != nil || a.body.Kind != a.row.Kind):
		a.body = queue.Body{} // nothing in it is believed
		return policy.Subject{}, 0, a.refuse(ctx, reasonNotProven)
	case err != nil:
		return policy.Subject{}, 0, fmt.Errorf("finding a job's clinic: %w", err)
	case a.platform != (a.body.Org == uuid.Nil):
		return policy.Subject{}, 0, a.refuse(ctx, reasonMisfit)
	case a.platform:
	case status == nil || slug == nil, policy.OrgStatus(*status) == policy.OrgClosed:
		return policy.Subject{}, 0, a.refuse(ctx, reasonNoOrg)
	case policy.OrgStatus(*status) != policy.OrgActive:
		return policy.Subject{}, pause, nil
	}
	subject = policy.Subject{
		ID: a.body.ID, Kind: policy.Auditor, Credential: policy.Credential{Type: policy.Job, ID: a.kind, Scopes: []string{}},
	}
	if !a.platform {
		subject.Kind, subject.OrgID, subject.OrgSlug, subject.OrgStatus = policy.System, a.body.Org, *slug, policy.OrgActive
	}
	for _, n := range a.needs {
		subject.Credential.Scopes = append(subject.Credential.Scopes, string(n.Resource)+":"+string(n.Action))
	}
	return subject, 0, nil
}

// decide asks the policy for each need, under one revision, and gives ctx the
// scope that comes of it. One that is denied denies the job.
func (a *attempt) decide(ctx context.Context, subject policy.Subject) (context.Context, error) {
	decider := a.Policies.For(a.orgs())
	var decisions []policy.Decision
	var records []audit.Record
	var denied error
	for _, n := range a.needs {
		d := decider.Decide(ctx, a.question(subject, n))
		decisions = append(decisions, d)
		records = append(records, audit.NewRecord(d, a.origin()))
		denied = errors.Join(denied, d.Err())
	}
	ctx = policy.WithScope(ctx, policy.NewScope(subject, decisions...))
	if denied == nil && !a.errand && !a.platform {
		a.records = records // they are kept with the work, or neither is
		return ctx, nil
	}
	if err := a.Records.Append(records...)(ctx); err != nil {
		return ctx, err
	}
	return ctx, denied
}

func (a *attempt) question(subject policy.Subject, n Need) policy.Request {
	return policy.Request{
		Subject: subject, Action: n.Action, Resource: n.Resource, Orgs: a.orgs(), Operation: "job " + a.kind, Now: a.now,
	}
}

// orgs is its one clinic, or none.
func (a *attempt) orgs() []uuid.UUID {
	if a.body.Org == uuid.Nil {
		return nil
	}
	return []uuid.UUID{a.body.Org}
}

// refuse records that a job is not worked, under a question that no policy was
// asked, and says so once the record is kept.
func (a *attempt) refuse(ctx context.Context, reason string) error {
	subject := policy.Subject{ID: a.body.ID, Credential: policy.Credential{Type: policy.Job, ID: a.kind}}
	need := Need{policy.Ingest, policy.Organization}
	if len(a.needs) > 0 {
		need = a.needs[0]
	}
	d := policy.Deny(a.question(subject, need), reason, policy.Evidence{ID: a.NewID()})
	if err := a.Records.Append(audit.NewRecord(d, a.origin()))(ctx); err != nil {
		return err
	}
	return d.Err()
}

func (a *attempt) origin() audit.Origin {
	return audit.Origin{RequestID: "job:" + strconv.FormatInt(a.row.ID, 10) + ":" + strconv.Itoa(a.row.Attempt)}
}

// within runs work in a transaction, with the records that wait, and for the
// last one with the end of the job.
func (a *attempt) within(ctx context.Context, work func(*rls.Tx) error, last bool) error {
	tx, err := a.Driver.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := tx.Rollback(); err != nil { // after a commit this does nothing
			a.Log.WarnContext(ctx, "rolling back", "class", classOf(err))
		}
	}()
	if err := work(tx); err != nil {
		return err
	}
	if last {
		args := []any{a.row.ID, a.row.Attempt, tx.Prove(fmt.Sprintf("job.done %d %d", a.row.ID, a.row.Attempt))}
		if err := tx.Exec(ctx, `select app.job_done($1, $2, $3)`, args, nil); err != nil {
			if sqlState(err) == "55000" {
				return ErrLost
			}
			return fmt.Errorf("ending a job: %w", err)
		}
	}
	if err := audit.AppendTx(ctx, tx, a.body.Org, a.records...); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("keeping a job's work: %w", err)
	}
	a.records, a.ended = nil, last
	return nil
}

// observe tells of the attempt.
func (a *attempt) observe(r Result, class string) {
	a.Observe(Observation{Kind: a.kind, Result: r, Class: class, Took: a.Now().Sub(a.now)})
}
