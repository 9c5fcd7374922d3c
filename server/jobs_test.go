package server_test

import (
	"strings"
	"testing"

	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// A server works the queue: what is put into it is done, and the metrics tell of
// what is not.
func TestAServerWorksTheQueue(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "sunrise")
	s.Exec(t, `insert into idempotency_keys (org_id, id, principal_id, key, operation, fingerprint, expires_at)
		values ($1, gen_random_uuid(), $1, 'k', 'o', sha256('x'), now() - interval '1 second')`, org)
	driver := rls.New(rls.Config{Pool: s.Pool(t, 2), Key: s.Key})
	ctx := policy.WithScope(t.Context(), policy.Scope{})
	tx, err := driver.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"drop-expired-keys", "nobody-works-this"} {
		if _, err := (queue.Kind[struct{}]{Name: name}).Insert(ctx, tx, queue.Order[struct{}]{ID: newID(), Org: org}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the job is done", func() bool { return s.count(t, `select count(*) from idempotency_keys`) == 0 })
	eventually(t, "the metrics tell", func() bool {
		text := s.do(t, "GET", "/metrics", "").Body
		return strings.Contains(text, `cascade_jobs{kind="nobody-works-this",state="available"} 1`) &&
			strings.Contains(text, `cascade_jobs_total{kind="drop-expired-keys",result="done"} 1`)
	})
}
