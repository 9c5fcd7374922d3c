package workshop

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review"
)

// inPage is how many records one statement reads: some megabytes, in a fraction
// of the time that a statement may take.
const inPage = 2000

// ArchiveConfig is what an Archive needs; every field is required.
type ArchiveConfig struct {
	Driver  *rls.Driver
	Records *audit.Writer
	// Decider decides whether the records may be read: the policy that runs.
	Decider policy.Decider
	// Task is what the records are read for, as the audit will name it:
	// "policy-replay".
	Task  string
	Now   func() time.Time
	NewID func() uuid.UUID
}

// Archive reads recorded decisions of every clinic, and the clinics' names. It
// holds no health data, because neither do they.
type Archive struct {
	driver *rls.Driver
	scope  policy.Scope
	page   int
}

// OpenArchive asks the running policy, as a job of the platform's auditors, for
// the decisions of every clinic, and returns when the answer is on record: nothing
// is read before. A refusal is a *policy.Denied. To read the names of clinics is
// asked for too; without that they go by their ids.
func OpenArchive(ctx context.Context, c ArchiveConfig) (*Archive, error) {
	subject := policy.Subject{
		ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte("cascade:job:"+c.Task)), Kind: policy.Auditor,
		Credential: policy.Credential{Type: policy.Job, ID: c.Task},
	}
	now, request := c.Now(), c.NewID().String()
	var decisions []policy.Decision
	var records []audit.Record
	for _, r := range []policy.Resource{policy.AuditDecision, policy.Organization} {
		d := c.Decider.Decide(ctx, policy.Request{
			Subject: subject, Action: policy.Read, Resource: r, Operation: c.Task, Now: now,
		})
		decisions = append(decisions, d)
		records = append(records, audit.NewRecord(d, audit.Origin{RequestID: request}))
	}
	if err := c.Records.Append(records...)(ctx); err != nil {
		return nil, fmt.Errorf("recording that decisions are read: %w", err)
	}
	if err := decisions[0].Err(); err != nil {
		return nil, fmt.Errorf("reading decisions: %w", err)
	}
	return &Archive{driver: c.Driver, scope: policy.NewScope(subject, decisions...), page: inPage}, nil
}

// Records are the decisions from since until just before until, in the order of
// their time. A body that is no record yields review.ErrRecord; any other error
// is the last thing yielded. It holds one page.
func (a *Archive) Records(ctx context.Context, since, until time.Time) iter.Seq2[review.Recorded, error] {
	ctx = policy.WithScope(ctx, a.scope)
	return func(yield func(review.Recorded, error) bool) {
		at, id := since, uuid.Nil
		for {
			rows, err := a.read(ctx, at, id, until)
			if err != nil {
				yield(review.Recorded{}, fmt.Errorf("reading decisions: %w", err))
				return
			}
			for _, r := range rows {
				if !yield(r.record()) {
					return
				}
			}
			if len(rows) < a.page {
				return
			}
			at, id = rows[len(rows)-1].at, rows[len(rows)-1].id
		}
	}
}

// row is a record as its table has it.
type row struct {
	at   time.Time
	id   uuid.UUID
	body string
}

// record reads what was hashed, which is the body. The columns beside it must
// not tell another story.
func (r row) record() (review.Recorded, error) {
	recorded, err := review.ParseRecord([]byte(r.body))
	switch {
	case err != nil:
		return review.Recorded{ID: r.id}, fmt.Errorf("decision %s: %w", r.id, err)
	case recorded.ID != r.id || recorded.At.Sub(r.at).Abs() > time.Microsecond: // Postgres rounds to it
		return review.Recorded{ID: r.id}, fmt.Errorf("decision %s: %w: id and time are not those of its body", r.id, review.ErrRecord)
	default:
		return recorded, nil
	}
}

// readPage reads along the index of recent decisions, backwards.
const readPage = `SELECT at, id, body FROM audit_decisions WHERE (at, id) > ($1, $2) AND at < $3 ORDER BY at, id LIMIT $4`

func (a *Archive) read(ctx context.Context, at time.Time, id uuid.UUID, until time.Time) (page []row, err error) {
	rows := &entsql.Rows{}
	if err := a.driver.Query(ctx, readPage, []any{at, id, until, a.page}, rows); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.at, &r.id, &r.body); err != nil {
			return nil, err
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

// Names returns who names clinics and partners; one that it does not know has
// none.
func (a *Archive) Names(ctx context.Context) (name func(uuid.UUID) string, err error) {
	names := map[uuid.UUID]string{}
	if !a.scope.May(policy.Read, policy.Organization) {
		return func(uuid.UUID) string { return "" }, nil
	}
	rows := &entsql.Rows{}
	if err := a.driver.Query(policy.WithScope(ctx, a.scope), `SELECT id, name FROM organizations`, []any{}, rows); err != nil {
		return nil, fmt.Errorf("reading the names of clinics: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id uuid.UUID
		var called string
		if err := rows.Scan(&id, &called); err != nil {
			return nil, fmt.Errorf("reading the names of clinics: %w", err)
		}
		names[id] = called
	}
	return func(id uuid.UUID) string { return names[id] }, rows.Err()
}
