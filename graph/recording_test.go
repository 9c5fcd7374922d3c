package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
)

// The recordings of a clinic and what became of those on their way: staff see
// their own clinic's, a viewer sees none.
func TestRecordingsAndTheirQueues(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	now := time.Now()
	var own string
	for _, org := range []uuid.UUID{c.own, c.other} {
		call := c.calls(t, org, 1)[0]
		id := c.row(t, "recording", "recordings", org, map[string]any{"call_id": call, "kind": "stereo", "object_key": "secret", "stored_at": now})
		if org == c.own {
			own = id
		}
		upload := rowID(t, c.row(t, "recording_upload", "recording_upload_queue", org, map[string]any{
			"call_id": call, "source": "vapi", "kind": "mono", "provider_ref": "p", "status": "dead", "next_attempt_at": now, "deadline_at": now,
		}))
		c.row(t, "failed_recording_upload", "failed_recording_uploads", org, map[string]any{
			"queue_id": upload, "call_id": call, "error_class": "gone", "attempts": 3, "first_failed_at": now, "last_failed_at": now,
		})
		c.row(t, "orphaned_recording", "orphaned_recordings", org, map[string]any{"kind": "object_without_row", "storage_path": "p", "detected_at": now})
		c.row(t, "recording_upload_metric", "recording_upload_metrics", org, map[string]any{"queue_id": upload, "call_id": call, "attempt_no": 1, "status": "failure"})
	}
	const all = `{
		recordings { totalCount nodes { id kind call { callerName } } }
		recordingUploads(where: {status: [DEAD]}) { totalCount nodes { status call { callerName } } }
		failedRecordingUploads(resolved: false) { totalCount nodes { errorClass call { callerName } upload { kind call { callerName } } } }
		orphanedRecordings { totalCount nodes { kind } }
		recordingUploadMetrics { totalCount nodes { attemptNo status } }
		none: failedRecordingUploads(resolved: true) { totalCount }
		notDead: recordingUploads(where: {status: [PENDING]}) { totalCount } }`
	var out map[string]struct{ TotalCount int }
	got := c.ask(t, c.staff, all, nil)
	got.decode(t, &out)
	for field, page := range out {
		want := 1
		if field == "none" || field == "notDead" {
			want = 0
		}
		if page.TotalCount != want {
			t.Errorf("%s: %d rows", field, page.TotalCount)
		}
	}
	if n := strings.Count(got.Body, "canary-"+c.own.String()); n != 4 {
		t.Errorf("%d calls shown: %s", n, got.Body)
	}
	if strings.Contains(got.Body, c.other.String()) || strings.Contains(got.Body, "secret") {
		t.Errorf("%s", got.Body)
	}
	if got := c.ask(t, c.viewer, `{ recordings { totalCount } }`, nil); got.code() != "FORBIDDEN" {
		t.Errorf("a viewer: %s", got.Body)
	}
	const one = `query($id: ID!) { recording(id: $id) { id call { id } } }`
	if got := c.ask(t, c.staff, one, map[string]any{"id": own}); !strings.Contains(got.Body, own) {
		t.Errorf("%s", got.Body)
	}
	if got := c.ask(t, c.staff, one, map[string]any{"id": nodeid.Encode("recording", c.other)}); string(got.Data) != `{"recording":null}` {
		t.Errorf("%s", got.Body)
	}
}
