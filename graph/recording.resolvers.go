package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// Recordings is the resolver for the recordings field.
func (r *queryResolver) Recordings(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Recording], error) {
	panic(fmt.Errorf("not implemented: Recordings - recordings"))
}

// Recording is the resolver for the recording field.
func (r *queryResolver) Recording(ctx context.Context, id string) (*ent.Recording, error) {
	panic(fmt.Errorf("not implemented: Recording - recording"))
}

// RecordingUploads is the resolver for the recordingUploads field.
func (r *queryResolver) RecordingUploads(ctx context.Context, first *int, after *string, last *int, before *string, where *model.RecordingUploadWhere) (*page.Connection[ent.RecordingUpload], error) {
	panic(fmt.Errorf("not implemented: RecordingUploads - recordingUploads"))
}

// FailedRecordingUploads is the resolver for the failedRecordingUploads field.
func (r *queryResolver) FailedRecordingUploads(ctx context.Context, first *int, after *string, last *int, before *string, resolved *bool) (*page.Connection[ent.FailedRecordingUpload], error) {
	panic(fmt.Errorf("not implemented: FailedRecordingUploads - failedRecordingUploads"))
}

// OrphanedRecordings is the resolver for the orphanedRecordings field.
func (r *queryResolver) OrphanedRecordings(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.OrphanedRecording], error) {
	panic(fmt.Errorf("not implemented: OrphanedRecordings - orphanedRecordings"))
}

// RecordingUploadMetrics is the resolver for the recordingUploadMetrics field.
func (r *queryResolver) RecordingUploadMetrics(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.RecordingUploadMetric], error) {
	panic(fmt.Errorf("not implemented: RecordingUploadMetrics - recordingUploadMetrics"))
}
