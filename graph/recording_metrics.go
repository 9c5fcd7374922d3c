package graph

import (
	"context"
	"fmt"
	"time"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/recordingupload"
	"github.com/voxanne/cascade/ent/recordinguploadmetric"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

const (
	// recordingTarget is the share of tries that should succeed.
	recordingTarget = 0.95
	// maxMetricHours is a month.
	maxMetricHours = 31 * 24
)

// recordingMetrics counts tries of the last hours and what waits now, in one
// clinic.
func recordingMetrics(ctx context.Context, now time.Time, hours *int) (*model.RecordingMetrics, error) {
	out := &model.RecordingMetrics{Hours: 24}
	if hours != nil {
		out.Hours = *hours
	}
	if out.Hours < 1 || out.Hours > maxMetricHours {
		return nil, fault.New(fault.BadUserInput, "hours must be between 1 and %d.", maxMetricHours)
	}
	if _, err := theOrg(ctx, policy.Read, policy.RecordingQueue); err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx)
	since := recordinguploadmetric.CreatedAtGT(now.Add(-time.Duration(out.Hours) * time.Hour))
	waits := recordingupload.StatusIn(recordingupload.StatusPending, recordingupload.StatusLeased)
	for _, n := range []struct {
		into  *int
		count func(context.Context) (int, error)
	}{
		{&out.Attempts, client.RecordingUploadMetric.Query().Where(since).Count},
		{&out.Succeeded, client.RecordingUploadMetric.Query().Where(since, recordinguploadmetric.StatusEQ(recordinguploadmetric.StatusSuccess)).Count},
		{&out.Waiting, client.RecordingUpload.Query().Where(waits).Count},
		{&out.Dead, client.RecordingUpload.Query().Where(recordingupload.StatusEQ(recordingupload.StatusDead)).Count},
	} {
		var err error
		if *n.into, err = n.count(ctx); err != nil {
			return nil, fmt.Errorf("counting recordings: %w", err)
		}
	}
	if out.Failed = out.Attempts - out.Succeeded; out.Attempts > 0 {
		rate := float64(out.Succeeded) / float64(out.Attempts)
		out.SuccessRate, out.BelowTarget = &rate, rate < recordingTarget
	}
	oldest, err := client.RecordingUpload.Query().Where(waits).Order(ent.Asc(recordingupload.FieldCreatedAt)).First(ctx)
	switch {
	case ent.IsNotFound(err):
	case err != nil:
		return nil, fmt.Errorf("finding the recording that waits longest: %w", err)
	default:
		out.OldestWaitingAt = &oldest.CreatedAt
	}
	return out, nil
}
