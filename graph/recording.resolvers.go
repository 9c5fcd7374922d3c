package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/failedrecordingupload"
	"github.com/voxanne/cascade/ent/recording"
	"github.com/voxanne/cascade/ent/recordingupload"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// RetryFailedRecording is the resolver for the retryFailedRecording field.
func (r *mutationResolver) RetryFailedRecording(ctx context.Context, id string) (*model.RetryFailedRecordingPayload, error) {
	row, err := r.retryUpload(ctx, id)
	if err != nil {
		return nil, err
	}
	return &model.RetryFailedRecordingPayload{FailedRecordingUpload: row}, nil
}

// EraseRecording is the resolver for the eraseRecording field.
func (r *mutationResolver) EraseRecording(ctx context.Context, id string) (*model.EraseRecordingPayload, error) {
	row, err := r.changeRecording(ctx, id, func(u *ent.RecordingUpdate) {
		u.Where(recording.DeletedAtIsNil(), recording.LegalHold(false)).SetDeletedAt(r.Now())
	})
	if err != nil {
		return nil, err
	}
	if row.DeletedAt == nil {
		return nil, fault.New(fault.Conflict, "This recording is under legal hold. Whoever ends the hold can erase it.")
	}
	return &model.EraseRecordingPayload{Recording: shown(ctx, policy.Recording, row)}, nil
}

// SetRecordingLegalHold is the resolver for the setRecordingLegalHold field.
func (r *mutationResolver) SetRecordingLegalHold(ctx context.Context, id string, hold bool) (*model.SetRecordingLegalHoldPayload, error) {
	row, err := r.changeRecording(ctx, id, func(u *ent.RecordingUpdate) { u.SetLegalHold(hold) })
	if err != nil {
		return nil, err
	}
	return &model.SetRecordingLegalHoldPayload{Recording: shown(ctx, policy.Recording, row)}, nil
}

// Recordings is the resolver for the recordings field.
func (r *queryResolver) Recordings(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Recording], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).Recording.Query(), args, recordingOrder(), recordingRows(ctx, inList...))
}

// Recording is the resolver for the recording field.
func (r *queryResolver) Recording(ctx context.Context, id string) (*ent.Recording, error) {
	return find(ctx, r.Resolver, "recording", policy.Recording, id, func(ctx context.Context, id uuid.UUID) (*ent.Recording, error) {
		q := ent.FromContext(ctx).Recording.Query().Where(recording.ID(id))
		recordingRows(ctx)(q)
		return q.Only(ctx)
	})
}

// RecordingUploads is the resolver for the recordingUploads field.
func (r *queryResolver) RecordingUploads(ctx context.Context, first *int, after *string, last *int, before *string, where *model.RecordingUploadWhere) (*page.Connection[ent.RecordingUpload], error) {
	q := ent.FromContext(ctx).RecordingUpload.Query()
	if where != nil && len(where.Status) > 0 {
		q = q.Where(recordingupload.StatusIn(where.Status...))
	}
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, uploadOrder(), uploadRows(ctx, inList...))
}

// FailedRecordingUploads is the resolver for the failedRecordingUploads field.
func (r *queryResolver) FailedRecordingUploads(ctx context.Context, first *int, after *string, last *int, before *string, resolved *bool) (*page.Connection[ent.FailedRecordingUpload], error) {
	q := ent.FromContext(ctx).FailedRecordingUpload.Query()
	if resolved != nil {
		is := failedrecordingupload.ResolvedAtIsNil()
		if *resolved {
			is = failedrecordingupload.ResolvedAtNotNil()
		}
		q = q.Where(is)
	}
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, failedUploadOrder(), failedUploadRows(ctx, inList...))
}

// OrphanedRecordings is the resolver for the orphanedRecordings field.
func (r *queryResolver) OrphanedRecordings(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.OrphanedRecording], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).OrphanedRecording.Query(), args, orphanOrder())
}

// RecordingUploadMetrics is the resolver for the recordingUploadMetrics field.
func (r *queryResolver) RecordingUploadMetrics(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.RecordingUploadMetric], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).RecordingUploadMetric.Query(), args, uploadMetricOrder())
}

// RecordingPlayback is the resolver for the recordingPlayback field.
func (r *queryResolver) RecordingPlayback(ctx context.Context, id string) (*model.RecordingPlayback, error) {
	row, err := r.Recording(ctx, id)
	if err != nil || row == nil {
		return nil, err
	}
	return r.playback(ctx, row)
}

// RecordingMetrics is the resolver for the recordingMetrics field.
func (r *queryResolver) RecordingMetrics(ctx context.Context, hours *int) (*model.RecordingMetrics, error) {
	return recordingMetrics(ctx, decidedFrom(ctx).now, hours)
}
