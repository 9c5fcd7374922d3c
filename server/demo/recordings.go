package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/ent/failedrecordingupload"
	"github.com/voxanne/cascade/ent/orphanedrecording"
	"github.com/voxanne/cascade/ent/recording"
	"github.com/voxanne/cascade/ent/recordingupload"
	"github.com/voxanne/cascade/ent/recordinguploadmetric"
)

// sounds makes the recordings, the queue that brought them in, and what went
// wrong there. There are no objects behind them: this is the bookkeeping.
func (m *maker) sounds() {
	talks := 0
	for _, c := range m.calls {
		if c.RecordingConsent == call.RecordingConsentRefused {
			c.RecordingState = call.RecordingStateRefused
		}
		if c.RecordingConsent != call.RecordingConsentGranted {
			continue
		}
		talks++
		q := m.queue(c)
		switch {
		case m.now.Sub(*c.EndedAt) < 2*time.Hour:
			c.RecordingState = call.RecordingStatePending
		case talks%40 == 7:
			m.fail(c, q)
		default:
			m.store(c, q)
		}
	}
	m.strays()
}

// queue makes the order to bring a call's recording in.
func (m *maker) queue(c *ent.Call) *ent.RecordingUpload {
	q := &ent.RecordingUpload{
		ID: m.id(*c.EndedAt), OrgID: m.org, CreatedAt: *c.EndedAt, UpdatedAt: *c.EndedAt,
		CallID: c.ID, Source: recordingupload.SourceVapi, Kind: recordingupload.KindStereo, ProviderRef: c.ProviderCallID,
		Status: recordingupload.StatusPending, Priority: 100, MaxAttempts: 8,
		NextAttemptAt: c.EndedAt.Add(time.Minute), DeadlineAt: c.EndedAt.AddDate(0, 0, 13),
	}
	m.uploads = append(m.uploads, q)
	return q
}

// store makes the recording that an order brought in at its first attempt.
func (m *maker) store(c *ent.Call, q *ent.RecordingUpload) {
	at := m.after(q.NextAttemptAt, 5)
	sum := sha256.Sum256(c.ID[:])
	digest := hex.EncodeToString(sum[:])
	bytes := int64(*c.DurationSeconds)*64_000 + 44 // 16 kHz, 16 bits, two channels
	r := &ent.Recording{
		ID: m.id(at), OrgID: m.org, CreatedAt: at, UpdatedAt: at, StoredAt: at, CallID: c.ID, Kind: recording.KindStereo,
		ObjectKey:   new(fmt.Sprintf("org/%s/calls/%s/stereo-%s-%s.wav", m.org, c.ID, m.canary, digest[:16])),
		ContentType: "audio/wav", Bytes: bytes, Sha256: &digest, DurationSeconds: c.DurationSeconds,
	}
	m.recordings = append(m.recordings, r)
	c.RecordingState = call.RecordingStateStored
	q.Status, q.AttemptCount, q.UpdatedAt = recordingupload.StatusDone, 1, at
	m.measure(q, at, 1, bytes, nil)
	if n := len(m.recordings); n%25 == 0 {
		m.downloads = append(m.downloads, &ent.RecordingDownload{
			ID: m.id(at), OrgID: m.org, RecordingID: r.ID, CallID: c.ID, SubjectID: userID("staff@" + m.slug + ".test"),
			DecisionID: m.decision, Address: new("192.0.2.17"), UserAgent: new(m.mark("Mozilla/5.0 (demo)")),
			DownloadedAt: m.after(at, 24*60),
		})
	}
}

// fail makes an order that was given up after its last attempt.
func (m *maker) fail(c *ent.Call, q *ent.RecordingUpload) {
	class := pick(m.rand, []string{"not_found", "timeout", "bad_format"})
	text := m.mark("The provider did not give the recording: " + class + ".")
	at := q.NextAttemptAt
	first := at
	for attempt := 1; attempt <= q.MaxAttempts; attempt++ {
		m.measure(q, at, attempt, 0, &class)
		q.AttemptCount, q.UpdatedAt = attempt, at
		at = m.after(at, 10*attempt)
	}
	q.Status, q.LastErrorClass, q.LastError = recordingupload.StatusDead, &class, &text
	c.RecordingState = call.RecordingStateFailed
	f := &ent.FailedRecordingUpload{
		ID: m.id(q.UpdatedAt), OrgID: m.org, CreatedAt: q.UpdatedAt, UpdatedAt: q.UpdatedAt, QueueID: q.ID, CallID: c.ID,
		ErrorClass: class, Error: text, Attempts: q.AttemptCount, FirstFailedAt: first, LastFailedAt: q.UpdatedAt,
	}
	if m.now.After(q.DeadlineAt) {
		f.ResolvedAt, f.ResolvedBy = &q.DeadlineAt, new(userID("admin@"+m.slug+".test"))
		f.Resolution, f.UpdatedAt = new(failedrecordingupload.ResolutionDiscarded), q.DeadlineAt
	}
	m.failedUploads = append(m.failedUploads, f)
}

// measure notes how an attempt went.
func (m *maker) measure(q *ent.RecordingUpload, at time.Time, attempt int, bytes int64, class *string) {
	status, upload := recordinguploadmetric.StatusFailure, 0
	if class == nil {
		status, upload = recordinguploadmetric.StatusSuccess, 40+m.rand.IntN(400)
	}
	m.metrics = append(m.metrics, &ent.RecordingUploadMetric{
		ID: m.id(at), OrgID: m.org, CreatedAt: at, QueueID: q.ID, CallID: q.CallID, AttemptNo: attempt, Status: status,
		DownloadMs: 90 + m.rand.IntN(1500), UploadMs: upload, Bytes: bytes, ErrorClass: class,
	})
}

// strays makes what a look through the store found without its other half.
func (m *maker) strays() {
	for i, kind := range []orphanedrecording.Kind{
		orphanedrecording.KindObjectWithoutRow, orphanedrecording.KindIncompleteMultipart, orphanedrecording.KindRowWithoutObject,
	} {
		at := m.now.AddDate(0, 0, -3*(i+1))
		o := &ent.OrphanedRecording{
			ID: m.id(at), OrgID: m.org, CreatedAt: at, UpdatedAt: at, DetectedAt: at, Kind: kind,
			StoragePath: fmt.Sprintf("org/%s/calls/%s/stereo-%s.wav", m.org, m.id(at), m.canary),
			SizeBytes:   int64(m.rand.IntN(9_000_000)), Reason: new(m.mark("Found by the weekly comparison.")),
		}
		if i == 0 {
			o.ConfirmedAt, o.DeleteAfter = new(at.Add(24*time.Hour)), new(at.AddDate(0, 0, 8))
		}
		m.orphans = append(m.orphans, o)
	}
}
