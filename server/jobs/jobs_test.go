package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/jobs"
)

var note = queue.Kind[noteArgs]{Name: "note"} //nolint:gochecknoglobals // immutable

// noting is a worker that adds a mark to a contact's notes: done twice, it shows.
func noting(needs ...jobs.Need) jobs.Worker[noteArgs] {
	if needs == nil {
		needs = []jobs.Need{{policy.Update, policy.Contact}}
	}
	return jobs.Worker[noteArgs]{Kind: note, Needs: needs, Work: mark}
}

func mark(ctx context.Context, tx *rls.Tx, job *jobs.Job[noteArgs]) error {
	return tx.Exec(ctx, `update contacts set notes = notes || 'x' where id = $1`, []any{job.Args.Contact}, nil)
}

const completed = `select count(*) = 0 from river.river_job where state <> 'completed'`

// A job is worked for its clinic, under the policy, and its record is in the
// clinic's chain, with the job's own identity.
func TestAJobIsWorkedForItsClinic(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	other, foreign := s.clinic(t, "harbor")
	id := newID()
	insert(t, s, note, queue.Order[noteArgs]{ID: id, Org: org, Args: noteArgs{contact}})
	// One that is told another clinic's contact finds none.
	insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{foreign}})
	s.run(t, s.config(noting()))
	until(t, s, completed)
	if got := one[string](t, s, `select notes from contacts where id = $1`, contact); got != "x" {
		t.Errorf("noted %q", got)
	}
	if got := one[string](t, s, `select notes from contacts where org_id = $1`, other); got != "" {
		t.Errorf("noted %q in another clinic", got)
	}
	got := one[string](t, s, `select concat_ws(' ', subject_kind, credential_type, credential_id, action, resource, operation, reason, chain = 'org:' || org_id)
		from audit_decisions where subject_id = $1`, id)
	if diff := cmp.Diff("system job note update contact job note system t", got); diff != "" {
		t.Errorf("the record: %s", diff)
	}
}

// What the policy denies is not worked, and what came before is not kept.
func TestAJobThatIsDeniedIsNotWorked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	closed, there := s.clinic(t, "harbor")
	waiting, here := s.clinic(t, "northside")
	s.Exec(t, `update organizations set status = 'closed' where id = $1`, closed)
	s.Exec(t, `update organizations set status = 'suspended' where id = $1`, waiting)
	insert(t, s, note, queue.Order[noteArgs]{Org: closed, Args: noteArgs{there}})
	insert(t, s, note, queue.Order[noteArgs]{Org: waiting, Args: noteArgs{here}})
	insert(t, s, note, queue.Order[noteArgs]{Args: noteArgs{contact}}) // of no clinic
	insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	s.policies = denying{s.policies}
	s.run(t, s.config(noting()))
	until(t, s, `select count(*) = 3 from river.river_job where state = 'cancelled' and attempt = 1`)
	// A suspended clinic's job waits, and costs no attempt.
	until(t, s, `select count(*) = 1 from river.river_job where state = 'scheduled' and attempt = 0 and scheduled_at > now() + interval '4 minutes'`)
	if got := one[string](t, s, `select string_agg(notes, '') from contacts`); got != "" {
		t.Errorf("noted %q", got)
	}
	got := one[[]string](t, s, `select array_agg(reason || ' ' || allow order by reason) from audit_decisions where credential_type = 'job'`)
	if diff := cmp.Diff([]string{"job_misfit false", "no_such_right false", "org_inactive false"}, got); diff != "" {
		t.Errorf("records: %s", diff)
	}
}

// denying is a policy that says no.
type denying struct{ policy.Source }

func (d denying) For(orgs []uuid.UUID) policy.Decider { return denier{d.Source.For(orgs)} }

type denier struct{ policy.Decider }

func (d denier) Decide(_ context.Context, q policy.Request) policy.Decision {
	return policy.Deny(q, "no_such_right", policy.Evidence{ID: newID()})
}

// What fails is tried again until it has no attempt left; then it is dead and
// stays. Nothing of an error's text is kept.
func TestAJobThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	secret := errors.New("canary-sunrise")
	failing := noting()
	failing.Kind.Attempts = 3
	failing.Work = func(ctx context.Context, tx *rls.Tx, job *jobs.Job[noteArgs]) error {
		if err := mark(ctx, tx, job); err != nil {
			return err
		}
		switch job.Attempt {
		case 1:
			panic(secret)
		case 2:
			return secret
		default:
			return tx.Exec(ctx, `select 'canary-sunrise'::int`, []any{}, nil)
		}
	}
	insert(t, s, failing.Kind, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}})
	r, _ := s.run(t, s.config(failing))
	until(t, s, `select count(*) = 1 from river.river_job where state = 'discarded' and attempt = 3`)
	if got := one[string](t, s, `select notes from contacts where id = $1`, contact); got != "" {
		t.Errorf("kept %q of attempts that failed", got)
	}
	got := one[[]string](t, s, `select array_agg(e ->> 'error') from river.river_job, unnest(errors) e`)
	if diff := cmp.Diff([]string{"panic", "internal", "sql:22P02"}, got); diff != "" {
		t.Errorf("kept of the errors: %s", diff)
	}
	if text := s.log.String() + one[string](t, s, `select river_job::text from river.river_job`); strings.Contains(text, "canary") {
		t.Error("an error's text was kept or logged")
	}
	stats, err := r.Stats(t.Context())
	if err != nil || len(stats) != 1 || stats[0].Kind != "note" || stats[0].State != "discarded" || stats[0].Count != 1 {
		t.Errorf("stats: %+v, %v", stats, err)
	}
}

// Orders that say they are one job are one job, whatever transaction made them,
// and an order is there exactly when its transaction was kept.
func TestAnOrderIsOneJob(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org, contact := s.clinic(t, "sunrise")
	other, foreign := s.clinic(t, "harbor")
	if !insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}, Unique: "today"}) {
		t.Error("the first is new")
	}
	if insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}, Unique: "today"}) {
		t.Error("the second is the first")
	}
	if !insert(t, s, note, queue.Order[noteArgs]{Org: other, Args: noteArgs{foreign}, Unique: "today"}) {
		t.Error("another clinic's is another")
	}
	id := newID()
	if !insert(t, s, note, queue.Order[noteArgs]{ID: id, Org: org, Args: noteArgs{contact}}) || insert(t, s, note, queue.Order[noteArgs]{ID: id, Org: org, Args: noteArgs{contact}}) {
		t.Error("two orders with one id are one job")
	}
	ctx := policy.WithScope(t.Context(), policy.Scope{})
	tx, err := s.driver.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Insert(ctx, tx, queue.Order[noteArgs]{ID: newID(), Org: org, Args: noteArgs{contact}}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.run(t, s.config(noting()))
	until(t, s, completed)
	if got := one[string](t, s, `select notes from contacts where org_id = $1`, org); got != "xx" {
		t.Errorf("noted %q", got)
	}
	if insert(t, s, note, queue.Order[noteArgs]{Org: org, Args: noteArgs{contact}, Unique: "today"}) {
		t.Error("what was done today is not done again")
	}
	for name, o := range map[string]struct {
		kind  string
		order queue.Order[noteArgs]
	}{
		"no id": {"note", queue.Order[noteArgs]{Org: org}}, "no name": {"", queue.Order[noteArgs]{ID: id}},
		"a name that is none": {"Note it", queue.Order[noteArgs]{ID: id}},
	} {
		if _, err := (queue.Kind[noteArgs]{Name: o.kind}).Text(o.order); !errors.Is(err, queue.ErrOrder) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
