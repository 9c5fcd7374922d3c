package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	retry   = `mutation($id: ID!) { retryFailedRecording(id: $id) { failedRecordingUpload { resolution resolvedAt upload { status attemptCount } } } }`
	erase   = `mutation($id: ID!) { eraseRecording(id: $id) { recording { id deletedAt legalHold } } }`
	holding = `mutation($id: ID!) { setRecordingLegalHold(id: $id, hold: true) { recording { legalHold } } }`
	freeing = `mutation($id: ID!) { setRecordingLegalHold(id: $id, hold: false) { recording { legalHold } } }`
)

// letter is a recording that could not be brought in.
func (c clinicPair) letter(t *testing.T, org uuid.UUID, kind string, deadline time.Time) string {
	t.Helper()
	call, now := c.calls(t, org, 1)[0], time.Now()
	upload := rowID(t, c.row(t, "recording_upload", "recording_upload_queue", org, map[string]any{
		"call_id": call, "source": "vapi", "kind": kind, "provider_ref": "p", "status": "dead", "next_attempt_at": now, "deadline_at": deadline,
	}))
	return c.row(t, "failed_recording_upload", "failed_recording_uploads", org, map[string]any{
		"queue_id": upload, "call_id": call, "error_class": "type", "attempts": 8, "first_failed_at": now, "last_failed_at": now,
	})
}

// A dead recording goes back into the queue once, with all its tries, while the
// provider may still have it.
func TestAFailedRecordingIsTriedAgain(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	dead, late := c.letter(t, c.own, "mono", time.Now().Add(time.Hour)), c.letter(t, c.own, "stereo", time.Now().Add(-time.Hour))
	foreign := c.letter(t, c.other, "mono", time.Now().Add(time.Hour))
	first := c.ask(t, c.admin, retry, map[string]any{"id": dead})
	if !strings.Contains(first.Body, `"resolution":"REQUEUED"`) || !strings.Contains(first.Body, `"status":"PENDING","attemptCount":0`) {
		t.Fatal(first.Body)
	}
	if again := c.ask(t, c.owner, retry, map[string]any{"id": dead}); string(again.Data) != string(first.Data) {
		t.Errorf("twice: %s, then %s", first.Body, again.Body)
	}
	if n := c.count(t, `select count(*) from failed_recording_uploads where resolved_by = $1`, c.admin.ID); n != 1 {
		t.Errorf("%d letters say who asked", n)
	}
	if got := c.ask(t, c.admin, retry, map[string]any{"id": late}); got.code() != "CONFLICT" {
		t.Errorf("past its deadline: %s", got.Body)
	}
	if n := c.count(t, `select count(*) from failed_recording_uploads where resolved_at is not null`); n != 1 {
		t.Errorf("%d letters are closed", n)
	}
	if got := c.ask(t, c.staff, retry, map[string]any{"id": dead}); got.code() != "FORBIDDEN" {
		t.Errorf("staff: %s", got.Body)
	}
	c.refuses(t, c.admin, retry, nil, foreign)
}

// Erasing closes a recording at once; a hold keeps it, whoever asks.
func TestErasingAndHolding(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	make1 := func(org uuid.UUID) string {
		return c.row(t, "recording", "recordings", org, map[string]any{
			"call_id": c.calls(t, org, 1)[0], "kind": "stereo", "object_key": "k", "stored_at": time.Now(),
		})
	}
	id, foreign := make1(c.own), make1(c.other)
	ask := func(document, want string) {
		t.Helper()
		if got := c.ask(t, c.admin, document, map[string]any{"id": id}); !strings.Contains(got.Body, want) {
			t.Errorf("%s, want %s", got.Body, want)
		}
	}
	const playback = `query($id: ID!) { recordingPlayback(id: $id) { url expiresAt } }`
	ask(playback, `"UNAVAILABLE"`) // there is no store behind this API
	ask(holding, `"legalHold":true`)
	ask(erase, `"CONFLICT"`)
	ask(freeing, `"legalHold":false`)
	ask(erase, `"deletedAt":"2`)
	ask(erase, `"deletedAt":"2`)
	ask(playback, `"recordingPlayback":null`)
	for _, document := range []string{erase, holding} {
		if got := c.ask(t, c.staff, document, map[string]any{"id": id}); got.code() != "FORBIDDEN" {
			t.Errorf("staff: %s", got.Body)
		}
		c.refuses(t, c.admin, document, nil, foreign)
	}
	if got := c.ask(t, c.staff, playback, map[string]any{"id": foreign}); string(got.Data) != `{"recordingPlayback":null}` {
		t.Errorf("another clinic's: %s", got.Body)
	}
	if got := c.ask(t, c.viewer, playback, map[string]any{"id": id}); got.code() != "FORBIDDEN" {
		t.Errorf("a viewer: %s", got.Body)
	}
}

// A clinic's figures are of its own tries.
func TestRecordingMetrics(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	const figures = `query($hours: Int) { recordingMetrics(hours: $hours) { attempts succeeded failed successRate belowTarget waiting dead oldestWaitingAt } }`
	if got := c.ask(t, c.staff, figures, nil); string(got.Data) != `{"recordingMetrics":{"attempts":0,"succeeded":0,"failed":0,"successRate":null,"belowTarget":false,"waiting":0,"dead":0,"oldestWaitingAt":null}}` {
		t.Error(got.Body)
	}
	for org, outcomes := range map[uuid.UUID]string{c.own: "sssf", c.other: "ffff"} {
		c.letter(t, org, "mono", time.Now())
		c.Exec(t, `insert into recording_upload_queue (org_id, id, call_id, source, kind, provider_ref, next_attempt_at, deadline_at)
			select org_id, gen_random_uuid(), call_id, source, 'stereo', 'p', now(), now() from recording_upload_queue where org_id = $1`, org)
		c.Exec(t, `insert into recording_upload_metrics (org_id, id, queue_id, call_id, attempt_no, status, created_at)
			select q.org_id, gen_random_uuid(), q.id, q.call_id, 1, case o when 's' then 'success' else 'failure' end, now() - n * interval '20 minutes'
			  from recording_upload_queue q, unnest(string_to_array($2, null)) with ordinality u(o, n) where q.org_id = $1 and q.kind = 'mono'`, org, outcomes)
	}
	for hours, want := range map[int]string{
		24: `"attempts":4,"succeeded":3,"failed":1,"successRate":0.75,"belowTarget":true,"waiting":1,"dead":1,"oldestWaitingAt":"2`,
		1:  `"attempts":2,"succeeded":2,"failed":0,"successRate":1,"belowTarget":false,"waiting":1,"dead":1`,
	} {
		if got := c.ask(t, c.staff, figures, map[string]any{"hours": hours}); !strings.Contains(got.Body, want) {
			t.Errorf("%d hours: %s", hours, got.Body)
		}
	}
	for _, hours := range []int{0, -1, 745} {
		if got := c.ask(t, c.staff, figures, map[string]any{"hours": hours}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%d hours: %s", hours, got.Body)
		}
	}
}
