package graph

import (
	"context"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/failedrecordingupload"
	"github.com/voxanne/cascade/ent/recording"
	"github.com/voxanne/cascade/ent/recordingupload"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy"
)

// changeRecording changes a recording and returns it as it then is.
func (r *Resolver) changeRecording(ctx context.Context, id string, change func(*ent.RecordingUpdate)) (*ent.Recording, error) {
	row, err := idOf("recording", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx).Recording
	u := client.Update().Where(recording.ID(row))
	change(u)
	if err := u.Exec(ctx); err != nil {
		return nil, err
	}
	return current(ctx, r, policy.Update, policy.Recording, row, client.Get)
}

// retryUpload puts a dead recording back into the queue, with all its tries, and
// closes the dead letter. What the provider no longer has is a conflict; what
// waits or is stored by now stays as it is.
func (r *Resolver) retryUpload(ctx context.Context, id string) (*ent.FailedRecordingUpload, error) {
	row, err := idOf("failed_recording_upload", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx)
	letter, err := current(ctx, r, policy.Update, policy.RecordingQueue, row, client.FailedRecordingUpload.Get)
	if err != nil || letter.ResolvedAt != nil {
		return letter, err
	}
	now := r.Now()
	requeue := client.RecordingUpload.Update().
		Where(recordingupload.ID(letter.QueueID), recordingupload.StatusEQ(recordingupload.StatusDead), recordingupload.DeadlineAtGT(now)).
		SetStatus(recordingupload.StatusPending).SetAttemptCount(0).SetNextAttemptAt(now).ClearLastErrorClass().ClearLastError()
	if err := requeue.Exec(ctx); err != nil {
		return nil, err
	}
	upload, err := client.RecordingUpload.Get(ctx, letter.QueueID)
	if err != nil {
		return nil, err
	}
	if upload.Status == recordingupload.StatusDead {
		return nil, fault.New(fault.Conflict, "The provider no longer has this recording.")
	}
	err = client.FailedRecordingUpload.Update().Where(failedrecordingupload.ID(row), failedrecordingupload.ResolvedAtIsNil()).
		SetResolvedAt(now).SetResolvedBy(decidedFrom(ctx).request.Subject.ID).SetResolution(failedrecordingupload.ResolutionRequeued).Exec(ctx)
	if err != nil {
		return nil, err
	}
	return client.FailedRecordingUpload.Get(ctx, row)
}
