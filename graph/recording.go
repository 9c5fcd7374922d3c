package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/failedrecordingupload"
	"github.com/voxanne/cascade/ent/orphanedrecording"
	"github.com/voxanne/cascade/ent/recording"
	"github.com/voxanne/cascade/ent/recordingupload"
	"github.com/voxanne/cascade/ent/recordinguploadmetric"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// The orders of recordings and of their queues; each is the order of an index.

func recordingOrder() page.Order[ent.Recording] {
	return latestFirst(recording.FieldStoredAt,
		func(r *ent.Recording) time.Time { return r.StoredAt }, func(r *ent.Recording) uuid.UUID { return r.ID })
}

func uploadOrder() page.Order[ent.RecordingUpload] {
	return latestFirst(recordingupload.FieldCreatedAt,
		func(u *ent.RecordingUpload) time.Time { return u.CreatedAt }, func(u *ent.RecordingUpload) uuid.UUID { return u.ID })
}

func failedUploadOrder() page.Order[ent.FailedRecordingUpload] {
	return latestFirst(failedrecordingupload.FieldLastFailedAt,
		func(f *ent.FailedRecordingUpload) time.Time { return f.LastFailedAt },
		func(f *ent.FailedRecordingUpload) uuid.UUID { return f.ID })
}

func orphanOrder() page.Order[ent.OrphanedRecording] {
	return latestFirst(orphanedrecording.FieldDetectedAt,
		func(o *ent.OrphanedRecording) time.Time { return o.DetectedAt }, func(o *ent.OrphanedRecording) uuid.UUID { return o.ID })
}

func uploadMetricOrder() page.Order[ent.RecordingUploadMetric] {
	return latestFirst(recordinguploadmetric.FieldCreatedAt,
		func(m *ent.RecordingUploadMetric) time.Time { return m.CreatedAt },
		func(m *ent.RecordingUploadMetric) uuid.UUID { return m.ID })
}

// recordingRows prepares a query of recordings for the rows at paths.
func recordingRows(ctx context.Context, paths ...[]string) func(*ent.RecordingQuery) {
	asked := askedFields(ctx, paths...)
	return func(q *ent.RecordingQuery) {
		if asked["call"] && maySee(ctx, policy.Call) {
			q.WithCall(callRows(ctx, through("call", paths...)...))
		}
	}
}

// uploadRows prepares a query of queued recordings for the rows at paths.
func uploadRows(ctx context.Context, paths ...[]string) func(*ent.RecordingUploadQuery) {
	asked := askedFields(ctx, paths...)
	return func(q *ent.RecordingUploadQuery) {
		if asked["call"] && maySee(ctx, policy.Call) {
			q.WithCall(callRows(ctx, through("call", paths...)...))
		}
	}
}

// failedUploadRows prepares a query of failures for the rows at paths.
func failedUploadRows(ctx context.Context, paths ...[]string) func(*ent.FailedRecordingUploadQuery) {
	asked := askedFields(ctx, paths...)
	return func(q *ent.FailedRecordingUploadQuery) {
		if asked["call"] && maySee(ctx, policy.Call) {
			q.WithCall(callRows(ctx, through("call", paths...)...))
		}
		if asked["upload"] {
			q.WithUpload(uploadRows(ctx, through("upload", paths...)...))
		}
	}
}
