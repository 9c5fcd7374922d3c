package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// At night every decision of the day is made again; a record that somebody has
// changed since is found, and rings.
func TestDecisionsAreVerifiedAtNight(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "sunrise")
	staff, viewer := s.member(t, "staff", "staff", org), s.member(t, "viewer", "viewer", org)
	s.ask(t, calls, bearer(staff))
	s.ask(t, `{ recordings { totalCount } }`, bearer(viewer)) // denied
	verify := func(slot time.Time) {
		ctx := policy.WithScope(t.Context(), policy.Scope{})
		tx, err := rls.New(rls.Config{Pool: s.Pool(t, 2), Key: s.Key}).Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		type night struct {
			Slot time.Time `json:"slot"`
		}
		order := queue.Order[night]{ID: newID(), Args: night{slot}, Unique: slot.String()}
		if _, err := (queue.Kind[night]{Name: "verify-decisions"}).Insert(ctx, tx, order); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	tomorrow := time.Now().Add(24 * time.Hour)
	verify(tomorrow)
	eventually(t, "today is verified", func() bool { return strings.Contains(s.log.String(), `"msg":"decisions verified"`) })
	s.Exec(t, `update audit_decisions set body = replace(body, '"allow":false', '"allow":true') where id = (
		select id from audit_decisions where not allow and resource = 'recording' limit 1)`)
	verify(tomorrow.Add(time.Second))
	eventually(t, "the change is found", func() bool {
		return strings.Contains(s.log.String(), `"msg":"a recorded decision is not what its policy decides"`) &&
			strings.Contains(s.do(t, "GET", "/metrics", "").Body, `reason="decision_mismatch"} 1`)
	})
}
