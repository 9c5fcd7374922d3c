package recording_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/server/recording"
)

// What changes in the very moment in which a recording is stored, after every
// look at it, is still seen when it is written down.
func TestWhatChangesAtTheLastMoment(t *testing.T) {
	t.Parallel()
	const another = `update recording_upload_queue set lease_token = gen_random_uuid(), lease_owner = 'another' where provider_ref = $1`
	for name, test := range map[string]struct {
		change  string
		result  recording.Result
		queue   string // what its row says
		objects int
	}{
		"the lease": {another, recording.Lost, "leased - another pending 0", 1},
		"the lease's end": {
			`update recording_upload_queue set lease_expires_at = now() - interval '1 second' where provider_ref = $1`, recording.Lost, "leased - test pending 0", 1,
		},
		"consent": {`update call_logs set recording_consent = 'refused' where provider_call_id = $1`, recording.Dropped, "dead consent_refused - refused 0", 0},
		"erasure": {
			`insert into recordings (org_id, id, call_id, kind, stored_at, deleted_at) select org_id, gen_random_uuid(), id, 'stereo', now(), now() from call_logs where provider_call_id = $1`,
			recording.Dropped, "dead erased - pending 1", 0,
		},
		"the clinic": {`update organizations set status = 'suspended' from call_logs c where c.org_id = organizations.id and c.provider_call_id = $1`, recording.Returned, "pending - - pending 0", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := onS3(t, newStage(t))
			s.queued(t, s.clinic(t, "lantern"), "call-1")
			s.provider.serves("call-1", sound(wav("call-1", 1000)))
			s.s3.fail = func(r *http.Request) bool {
				if r.Method == http.MethodPut {
					s.Exec(t, test.change, "call-1")
				}
				return false
			}
			s.work(t, 1)
			got := s.row(t, `select q.status || ' ' || coalesce(q.last_error_class, '-') || ' ' || coalesce(q.lease_owner, '-') || ' ' || c.recording_state || ' ' ||
				(select count(*) from recordings) as all from recording_upload_queue q join call_logs c on c.id = q.call_id`)["all"]
			if got != test.queue || s.last().Result != test.result || len(s.objects(t)) != test.objects {
				t.Errorf("%q, %s, %v in the store", got, s.last().Result, s.objects(t))
			}
			if n := s.count(t, `select count(*) from recording_upload_metrics where status = 'success'`); n > 0 {
				t.Errorf("%d successes", n)
			}
		})
	}
}

// A try that fails under a lost lease does not speak for whoever has it now.
func TestAFailureUnderALostLease(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.queued(t, s.clinic(t, "lantern"), "call-1")
	s.provider.serves("call-1", func(w http.ResponseWriter, _ *http.Request) {
		s.Exec(t, `update recording_upload_queue set lease_token = gen_random_uuid(), lease_owner = 'another'`)
		w.Header().Set("Content-Type", "text/html")
	})
	s.work(t, 1)
	got := s.row(t, `select status, lease_owner, last_error_class, (select count(*) from recording_upload_metrics)::int + (select count(*) from failed_recording_uploads)::int as written from recording_upload_queue`)
	if diff := cmp.Diff(map[string]any{"status": "leased", "lease_owner": "another", "last_error_class": nil, "written": int32(0)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.last().Result != recording.Lost {
		t.Errorf("%+v", s.last())
	}
}

// A store that cannot work is refused when it is opened, with the reason.
func TestStoresThatCannotWork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"file:///nowhere/at/all": "no such directory", "file://host/x": "absolute path", "file:relative": "absolute path", "file:///": "absolute path",
		"file:///tmp?x=y": "absolute path", "s3://": "name of a bucket", "s3://bucket": "region", "s3://bucket/path?region=x": "name of a bucket",
		"s3://key:secret@bucket?region=x": "do not belong", "s3://bucket?region=x&endpoint=http://minio:9000": "https://", "s3://bucket?region=x&nonsense=1": "nonsense",
		"mem://": "want file:// or s3://", "gs://bucket": "want file:// or s3://", "": "want file:// or s3://", "https://blobs.example": "want file:// or s3://", "\x00": "does not read",
	} {
		b, err := recording.OpenBucket(t.Context(), address)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
		if b != nil {
			t.Errorf("%q was opened", address)
		}
	}
}
