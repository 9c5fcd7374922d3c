package recording

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// job is one try at one recording.
type job struct {
	claim
	scope policy.Scope

	call         uuid.UUID
	ref          string // the provider's name of the call
	source, kind string
	attempt      int
	most         int // attempts
	deadline     time.Time

	download, upload time.Duration
	bytes            int64
}

// begin reads what a lease is for and says whether it may be fetched. The
// decisions of the try are durable before anything is asked of a provider. A
// lease that is no longer held is ErrLeaseLost; what must not be fetched, or no
// more, is a failure and a job that can be ended by it.
func (d *desk) begin(ctx context.Context, c claim) (*job, error) {
	ctx, cancel := unhurried(ctx) // a worker that drains reads enough to give it back
	defer cancel()
	p := d.decide(ctx, jobSubject(c.Org, c.Upload, "recordings"), "fetch recording",
		need{policy.Ingest, policy.RecordingQueue}, need{policy.Read, policy.Recording},
		need{policy.Read, policy.Call}, need{policy.Read, policy.Integration})
	j := &job{claim: c, scope: p.scope}
	err := d.within(ctx, c.Org, p, func(ctx context.Context, tx *rls.Tx) error {
		found, err := rls.One(ctx, tx, `select call_id, provider_ref, source, kind, attempt_count, max_attempts, deadline_at
			from recording_upload_queue where `+held, []any{c.Org, c.Upload, c.Token},
			&j.call, &j.ref, &j.source, &j.kind, &j.attempt, &j.most, &j.deadline)
		if err == nil && !found {
			err = ErrLeaseLost
		}
		return err
	})
	if err != nil {
		return j, err
	}
	switch {
	case j.attempt > j.most: // only tries that ended without a word come here
		return j, failure(Abandoned, nil)
	case !d.Now().Before(j.deadline):
		return j, failure(Deadline, nil)
	default:
		return j, d.permitted(policy.WithScope(ctx, j.scope), j)
	}
}

// permitted looks whether the recording may be fetched and kept, as things are
// now: consent was not refused, it was not erased, and the lease holds.
func (d *desk) permitted(ctx context.Context, j *job) error {
	var consent string
	var erased bool
	found, err := rls.One(ctx, d.Driver, `
		select c.recording_consent, exists (select from recordings r where r.org_id = $1 and r.call_id = c.id and r.kind = q.kind and r.deleted_at is not null)
		  from recording_upload_queue q join call_logs c on c.org_id = q.org_id and c.id = q.call_id
		 where q.org_id = $1 and q.id = $2 and q.lease_token = $3 and q.status = 'leased' and q.lease_expires_at > now()`,
		[]any{j.Org, j.Upload, j.Token}, &consent, &erased)
	switch {
	case err != nil:
		return err
	case !found:
		return ErrLeaseLost
	case consent == "refused":
		return failure(ConsentRefused, nil)
	case erased:
		return failure(Erased, nil)
	default:
		return nil
	}
}
