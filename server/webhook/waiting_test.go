package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/webhook"
)

// A message that cannot be applied is kept and acknowledged; what was done of
// it is undone; the sweep applies it once it can be, and once only.
func TestAMessageThatCannotBeAppliedWaits(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c, other := s.clinic(t, "lantern"), s.clinic(t, "harbour")
	came := time.Now().Add(-time.Hour)
	s.config.Now = func() time.Time { return came }
	s.open(t)
	// This clinic's escalations fail, after contact and call are written.
	s.Exec(t, `alter table escalations add constraint broken check (reason <> 'swollen jaw')`)
	for range 3 { // the provider, impatient
		if got := s.post(t, c, fixture(t, "report", "call-1")); got.status != http.StatusOK || got.body != "{}" {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	waiting := s.row(t, `select count(*)::int as n, max(attempts) as attempts, max(last_error) as error, bool_or(applied_at is not null) as applied from webhook_inbox`)
	if waiting["n"] != int32(1) || waiting["attempts"] != int32(1) || waiting["error"] != "sql:23514" || waiting["applied"] != false {
		t.Fatalf("kept as %v", waiting)
	}
	if n := s.count(t, `select (select count(*) from call_logs) + (select count(*) from contacts) + (select count(*) from org_daily_stats)`); n != 0 {
		t.Errorf("%d rows are left of what failed", n)
	}
	if s.feed.told() != 0 {
		t.Error("subscribers were told of what was not kept")
	}
	if got := s.seen.all; len(got) != 3 || got[0].Result != webhook.Deferred || got[0].Reason != "sql:23514" || got[1].Result != webhook.Duplicate {
		t.Errorf("counted as %+v", got)
	}

	sweeper := webhook.NewSweeper(s.config)
	sweep := func(want int) {
		t.Helper()
		if n, err := sweeper.RunOnce(t.Context()); n != want || err != nil {
			t.Errorf("a sweep applied %d, %v; want %d", n, err, want)
		}
	}
	sweep(0) // still broken
	if got := s.row(t, `select attempts, last_error from webhook_inbox`); got["attempts"] != int32(2) || got["last_error"] != "sql:23514" {
		t.Errorf("after a failed try: %v", got)
	}
	s.Exec(t, `alter table escalations drop constraint broken`)
	s.Exec(t, `update webhook_inbox set received_at = now() - interval '15 seconds'`)
	sweep(0) // not due: it waits as long again as it has waited
	s.Exec(t, `update webhook_inbox set received_at = now() - interval '1 hour'`)
	s.Exec(t, `update organizations set status = 'suspended' where id = $1`, c.org)
	sweep(0) // not served
	s.Exec(t, `update organizations set status = 'active' where id = $1`, c.org)
	s.post(t, other, fixture(t, "report", "call-1"))
	sweep(1)
	sweep(0)
	s.post(t, c, fixture(t, "report", "call-1"))
	got := s.row(t, `select (select count(*) from call_logs where org_id = $1)::int as calls, (select sum(total) from org_daily_stats where org_id = $1)::int as counted,
		(select count(*) from escalations where org_id = $1)::int as escalations, (select count(*) from webhook_inbox where org_id = $1 and applied_at is not null and attempts = 3)::int as applied`, c.org)
	for what, n := range got {
		if n != int32(1) {
			t.Errorf("%s: %v, want 1", what, n)
		}
	}
	if n := s.count(t, `select count(*) from audit_decisions where credential_type = 'job' and allow and org_ids = array[$1::uuid]`, c.org); n == 0 {
		t.Error("the sweep left no records of its decisions")
	}
}

// A crash between keeping and applying: nothing was kept or acknowledged, the
// provider sends again, and the call is there once.
func TestACrashBetweenKeepAndApply(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	ctx, crash := context.WithCancel(t.Context())
	gone := make(chan struct{})
	s.handler.BeforeApplying(func(work context.Context) error {
		crash()
		<-work.Done() // the server notices
		close(gone)
		return context.Cause(work)
	})
	if got, err := s.try(ctx, c.key, fixture(t, "report", "call-1"), http.Header{"X-Vapi-Secret": {sharedSecret}}); err == nil {
		t.Fatalf("it was acknowledged: %d %s", got.status, got.body)
	}
	<-gone
	s.server.Close() // returns when the handler has
	if n := s.count(t, `select (select count(*) from webhook_inbox) + (select count(*) from call_logs)`); n != 0 {
		t.Errorf("%d rows of a message that was not acknowledged", n)
	}
	s.open(t) // restarted
	for range 2 {
		if got := s.post(t, c, fixture(t, "report", "call-1")); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if n := s.count(t, `select (select count(*) from call_logs) + (select sum(total) from org_daily_stats)::int`); n != 2 {
		t.Errorf("calls and counted calls: %d, want 1 and 1", n)
	}
}

// What cannot be kept is not acknowledged. Tool calls alone are answered all
// the same, with nothing done: the caller is on the line.
func TestWhatCannotBeKeptIsSentAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	s.Exec(t, `alter table webhook_inbox add constraint no_room check (false)`)
	got := s.post(t, c, fixture(t, "report", "call-1"))
	if got.status != http.StatusServiceUnavailable || got.code() != "UNAVAILABLE" || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	got = s.post(t, c, fixture(t, "tools", "call-1"))
	if got.status != http.StatusOK || strings.Count(got.body, `"error":`) != 2 || strings.Contains(got.body, `"result":`) {
		t.Errorf("tool calls: %d %s", got.status, got.body)
	}
	// The same when the audit is down: nothing is done without its record.
	s.Exec(t, `alter table webhook_inbox drop constraint no_room`)
	s.Exec(t, `alter function app.audit_append(text, bigint, bytea, text[], bytea[], text) rename to audit_append_gone`)
	if got := s.post(t, c, fixture(t, "report", "call-1")); got.status != http.StatusServiceUnavailable {
		t.Errorf("without the audit: %d %s", got.status, got.body)
	}
	if got := s.send(t, "whk_nobody", "{}", http.Header{}); got.status != http.StatusServiceUnavailable {
		t.Errorf("a refusal without the audit: %d %s", got.status, got.body)
	}
	if n := s.count(t, `select (select count(*) from webhook_inbox) + (select count(*) from call_logs)`); n != 0 {
		t.Errorf("%d rows were kept", n)
	}
	if strings.Contains(s.log.String(), "Okonkwo") {
		t.Errorf("the log quotes the message:\n%s", s.log)
	}
}

// A policy that refuses a row type that a message needs: the message is kept,
// its effects wait until the policy allows them. One that refuses the inbox
// itself: nothing is kept.
func TestPolicyDecides(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	came := time.Now().Add(-time.Hour)
	s.config.Now = func() time.Time { return came }
	shipped := s.config.Policies
	s.config.Policies = policyWithout(t, "call")
	s.open(t)
	if got := s.post(t, c, fixture(t, "report", "call-1")); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := s.row(t, `select last_error from webhook_inbox where applied_at is null`); got["last_error"] != "denied:system_lacks_right" {
		t.Errorf("kept as %v", got)
	}
	if n := s.count(t, `select count(*) from audit_decisions where resource = 'call' and not allow and org_id = $1`, c.org); n != 1 {
		t.Errorf("%d records of the denial", n)
	}
	s.config.Policies = policyWithout(t, "webhook_message")
	s.open(t)
	if got := s.post(t, c, fixture(t, "report", "call-2")); got.status != http.StatusForbidden {
		t.Errorf("%d %s", got.status, got.body)
	}
	if n := s.count(t, `select count(*) from call_logs`); n != 0 {
		t.Errorf("%d calls", n)
	}
	s.config.Policies = shipped
	if n, err := webhook.NewSweeper(s.config).RunOnce(t.Context()); n != 1 || err != nil {
		t.Errorf("the sweep applied %d, %v", n, err)
	}
	if n := s.count(t, `select count(*) from call_logs`); n != 1 {
		t.Errorf("%d calls after the sweep", n)
	}
}

// Work that another transaction stopped begins anew, unseen by the provider.
func TestInterruptedWorkBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	s.Exec(t, `create sequence interruptions`)
	s.Exec(t, `create function interrupt() returns trigger language plpgsql security definer as $$
		begin
			if nextval('interruptions') <= 3 then raise exception 'deadlock detected' using errcode = '40P01'; end if;
			return new;
		end $$`)
	s.Exec(t, `create trigger interrupt before insert on call_logs for each row execute function interrupt()`)
	if got := s.post(t, c, fixture(t, "report", "call-1")); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	if n := s.count(t, `select count(*) from webhook_inbox where applied_at is not null`); n != 1 {
		t.Errorf("%d messages applied", n)
	}
	if n := s.count(t, `select count(*) from audit_decisions`); n != 7 {
		t.Errorf("%d records of seven decisions", n)
	}
}

// Four sweeps at once apply each message once.
func TestSweepsShareTheWork(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	came := time.Now().Add(-time.Hour)
	s.config.Now = func() time.Time { return came }
	s.open(t)
	s.Exec(t, `alter table escalations add constraint broken check (reason <> 'swollen jaw')`)
	const calls = 12
	for i := range calls {
		s.post(t, c, fixture(t, "report", fmt.Sprintf("call-%d", i)))
	}
	s.Exec(t, `alter table escalations drop constraint broken`)
	var applied atomic.Int64
	var sweeps sync.WaitGroup
	for range 4 {
		sweeps.Go(func() {
			n, err := webhook.NewSweeper(s.config).RunOnce(t.Context())
			if err != nil {
				t.Error(err)
			}
			applied.Add(int64(n))
		})
	}
	sweeps.Wait()
	if applied.Load() != calls {
		t.Errorf("the sweeps applied %d, want %d", applied.Load(), calls)
	}
	if n := s.count(t, `select count(*) from webhook_inbox where attempts = 2 and applied_at is not null`); n != calls {
		t.Errorf("%d messages were applied at the second try, want %d", n, calls)
	}
	if n := s.count(t, `select sum(total)::int from org_daily_stats`); n != calls {
		t.Errorf("%d calls counted, want %d", n, calls)
	}
}

// policyWithout is the shipped policy but that the system may nothing on rows of
// one type.
func policyWithout(t *testing.T, resource string) *opa.Engine {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(rego.Files, path)
		if path == "cascade/system.rego" {
			text = []byte(strings.Replace(string(text), "org == input.subject.org_id",
				"org == input.subject.org_id\n\tinput.resource != \""+resource+"\"", 1))
		}
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	engine, compileErr := opa.New(t.Context(), files, opa.Config{Budget: time.Second})
	if err := errors.Join(err, compileErr); err != nil {
		t.Fatal(err)
	}
	return engine
}
