package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// Playback is what a link lets be heard, by whom, and the decision behind it.
type Playback struct {
	Org, Recording, Decision uuid.UUID
	Subject                  policy.Subject
	Now                      time.Time
}

// playback gives a link for a recording. One that was erased, or whose place in
// the store is hidden from who asks, has none.
func (r *Resolver) playback(ctx context.Context, row *ent.Recording) (*model.RecordingPlayback, error) {
	if row.DeletedAt != nil || row.ObjectKey == nil {
		return nil, nil //nolint:nilnil // null is the answer
	}
	if r.PlayRecording == nil {
		return nil, fault.New(fault.Unavailable, "Recordings are not kept here.")
	}
	out := decidedFrom(ctx)
	url, expires, err := r.PlayRecording(Playback{
		Org: row.OrgID, Recording: row.ID, Decision: out.decisions[need{policy.Read, policy.Recording}].ID(),
		Subject: out.request.Subject, Now: out.now,
	})
	if err != nil {
		return nil, err
	}
	return &model.RecordingPlayback{URL: url, ExpiresAt: expires}, nil
}
