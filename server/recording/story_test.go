package recording_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/server/recording"
)

// A recording's way: it is not there yet, then the provider stumbles, then it is
// brought in; and everything that is said of it says the same.
func TestTheWayOfARecording(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "lantern")
	call, upload := s.queued(t, org, "call-1")
	body := wav("call-1", 300_000)

	if n := s.work(t, 5); n != 1 { // 404: not there yet
		t.Fatalf("%d recordings were tried", n)
	}
	waiting := s.row(t, `select status, attempt_count, last_error_class, lease_token, next_attempt_at > now() + interval '14 seconds' as later from recording_upload_queue`)
	if diff := cmp.Diff(map[string]any{"status": "pending", "attempt_count": int32(1), "last_error_class": "not_found", "lease_token": nil, "later": true}, waiting); diff != "" {
		t.Fatalf("after a 404 (-want +got):\n%s", diff)
	}
	s.provider.serves("call-1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	s.due(t)
	s.work(t, 5)
	s.provider.serves("call-1", sound(body))
	s.due(t)
	s.work(t, 5)

	key := "org/" + org.String() + "/call/" + call.String() + "/stereo-" + hexSum(body)
	want := map[string]any{
		"object_key": key, "content_type": "audio/wav", "bytes": int64(len(body)), "sha256": hexSum(body),
		"recording_state": "stored", "status": "done", "attempt_count": int32(3), "lease_owner": nil, "last_error_class": nil,
	}
	got := s.row(t, `select r.object_key, r.content_type, r.bytes, r.sha256, c.recording_state, q.status, q.attempt_count, q.lease_owner, q.last_error_class
		from recordings r join call_logs c on c.id = r.call_id join recording_upload_queue q on q.call_id = c.id`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("in the end (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{key}, s.objects(t)); diff != "" {
		t.Errorf("in the store:\n%s", diff)
	}
	kept, err := os.ReadFile(filepath.Join(s.dir, key))
	if err != nil || hexSum(kept) != hexSum(body) {
		t.Errorf("kept other bytes than came: %v", err)
	}
	tries := s.row(t, `select array_agg(status || coalesce(' ' || error_class, '') order by attempt_no) as tries, sum(bytes)::bigint as bytes from recording_upload_metrics where queue_id = $1`, upload)
	if diff := cmp.Diff(map[string]any{"tries": []any{"failure not_found", "failure provider", "success"}, "bytes": int64(len(body))}, tries); diff != "" {
		t.Errorf("the metrics (-want +got):\n%s", diff)
	}
	if n := s.count(t, `select count(distinct operation) from audit_decisions where credential_type = 'job' and credential_id = 'recordings' and allow and org_ids = array[$1::uuid]`, org); n != 3 {
		t.Errorf("%d kinds of work were recorded, want fetch, failure and store", n)
	}
	if log := s.log.String(); strings.Contains(log, "signature") || strings.Contains(log, "http") {
		t.Errorf("an address is in the log: %s", log)
	}
	if s.last().Result != recording.Stored || s.work(t, 1) != 0 {
		t.Errorf("afterwards: %+v", s.last())
	}
}

// Consent that is refused, at whatever moment, keeps the recording out.
func TestConsentRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "lantern")
	refuse := `update call_logs set recording_consent = 'refused' where provider_call_id = $1`
	for name, step := range map[string]struct {
		before bool
		asked  int
	}{"before": {true, 0}, "meanwhile": {false, 1}} {
		s.queued(t, org, name)
		if step.before {
			s.Exec(t, refuse, name)
		}
		s.provider.serves(name, func(w http.ResponseWriter, r *http.Request) {
			s.Exec(t, refuse, name)
			sound(wav(name, 1000))(w, r)
		})
		s.work(t, 1)
		if n := strings.Count(strings.Join(s.provider.askedFor(), " "), name); n != step.asked {
			t.Errorf("%s: the provider was asked %d times", name, n)
		}
		got := s.row(t, `select c.recording_state, q.status, q.last_error_class from call_logs c join recording_upload_queue q on q.call_id = c.id where c.provider_call_id = $1`, name)
		if diff := cmp.Diff(map[string]any{"recording_state": "refused", "status": "dead", "last_error_class": "consent_refused"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := s.count(t, `select (select count(*) from recordings) + (select count(*) from failed_recording_uploads)`); n != 0 || len(s.objects(t)) > 0 {
		t.Errorf("%d rows and %v are left", n, s.objects(t))
	}
}

// What fails for good, or too often, or too late, is a dead letter.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "lantern")
	html := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>"))
	}
	for name, test := range map[string]struct {
		answer   http.HandlerFunc
		scene    string
		class    string
		attempts int32
	}{
		"for good":  {html, `select $1::text`, "type", 1},
		"too often": {nil, `update recording_upload_queue set attempt_count = 7 where provider_ref = $1`, "not_found", 8},
		"too late":  {sound(wav("x", 100)), `update recording_upload_queue set deadline_at = now() where provider_ref = $1`, "deadline", 1},
		"no time":   {nil, `update recording_upload_queue set deadline_at = now() + interval '10 seconds' where provider_ref = $1`, "not_found", 1},
		"poison":    {sound(wav("x", 100)), `update recording_upload_queue set attempt_count = 8 where provider_ref = $1`, "abandoned", 9},
	} {
		s.queued(t, org, name)
		s.provider.serves(name, test.answer)
		s.Exec(t, test.scene, name)
		s.work(t, 1)
		got := s.row(t, `select f.error_class, f.attempts, f.resolved_at is null as open, q.status, c.recording_state
			from call_logs c join recording_upload_queue q on q.call_id = c.id left join failed_recording_uploads f on f.queue_id = q.id where c.provider_call_id = $1`, name)
		want := map[string]any{"error_class": test.class, "attempts": test.attempts, "open": true, "status": "dead", "recording_state": "failed"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if s.work(t, 1) != 0 {
		t.Error("a dead one was tried again")
	}
}

// A clinic with thousands waiting delays another's one by a turn.
func TestClinicsTakeTurns(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	busy, quiet, closed := s.clinic(t, "busy"), s.clinic(t, "quiet"), s.clinic(t, "closed")
	call, _ := s.queued(t, busy, "busy")
	// Without triggers: ten thousand calls need no figures here.
	s.Exec(t, strings.NewReplacer("[org]", busy.String(), "[call]", call.String()).Replace(`set session_replication_role = replica;
		insert into call_logs (org_id, id, provider_call_id, direction, status, started_at)
		select '[org]', gen_random_uuid(), 'busy-' || n, 'inbound', 'completed', now() from generate_series(1, 10000) n;
		insert into recording_upload_queue (org_id, id, call_id, source, kind, provider_ref, priority, next_attempt_at, deadline_at)
		select '[org]', gen_random_uuid(), c.id, 'vapi', 'stereo', c.provider_call_id, 1, now() - interval '1 day', now() + interval '1 day'
		  from call_logs c where c.org_id = '[org]' and c.id <> '[call]'`))
	s.queued(t, quiet, "quiet-1")
	s.queued(t, quiet, "quiet-2")
	s.queued(t, closed, "closed")
	s.Exec(t, `update organizations set status = 'suspended' where id = $1`, closed)
	var order []string
	for range 5 {
		before := len(s.provider.askedFor())
		s.work(t, 1)
		for _, call := range s.provider.askedFor()[before:] {
			name, _, _ := strings.Cut(call, "-")
			order = append(order, name)
		}
	}
	if got := strings.Join(order, " "); got != "busy quiet busy quiet busy" {
		t.Errorf("served in the order %s", got)
	}
}

// A worker that lost its lease writes nothing.
func TestALostLease(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.config.Lease = time.Second
	s.open()
	org := s.clinic(t, "lantern")
	s.queued(t, org, "call-1")
	s.provider.serves("call-1", func(w http.ResponseWriter, r *http.Request) {
		s.Exec(t, `update recording_upload_queue set lease_token = gen_random_uuid(), lease_owner = 'another'`)
		sound(wav("call-1", 1000))(w, r)
	})
	s.work(t, 1)
	got := s.row(t, `select status, lease_owner, (select count(*) from recordings)::int as rows, (select count(*) from recording_upload_metrics)::int as metrics from recording_upload_queue`)
	if diff := cmp.Diff(map[string]any{"status": "leased", "lease_owner": "another", "rows": int32(0), "metrics": int32(0)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.last().Result != recording.Lost || len(s.objects(t)) > 0 {
		t.Errorf("%+v, in the store: %v", s.last(), s.objects(t))
	}
}
