package graph_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/call"
	"github.com/voxanne/cascade/policy"
)

// ring makes a call that began at a moment.
func (a *api) ring(ctx context.Context, org uuid.UUID, started time.Time) (*ent.Call, error) {
	id := uuid.New()
	return a.client.Call.Create().SetID(id).SetOrgID(org).SetProviderCallID(id.String()).
		SetDirection(call.DirectionInbound).SetStatus(call.StatusRinging).SetStartedAt(started).Save(ctx)
}

// Calls cross midnight in both directions at once, and none waits for another
// for ever.
func TestCallStatsOfCallsThatCrossMidnight(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinicIn(t, "Europe/London")
	midnight := at("2026-06-10T23:00:00Z") // in London
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			ctx := policy.WithScope(t.Context(), ingesting(org))
			row, err := a.ring(ctx, org, midnight)
			if err != nil {
				t.Error(err)
				return
			}
			for n := range 40 {
				hours := 1 - 2*((n+w)%2)
				if err := row.Update().SetStartedAt(midnight.Add(time.Duration(hours) * time.Hour)).Exec(ctx); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	a.super(t).recounted(org)
}

// A clinic changes its time zone again and again while its calls come in.
func TestCallStatsOfAClinicThatMovesWhileItIsCalled(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinicIn(t, "Europe/London")
	var all sync.WaitGroup
	moved := make(chan struct{})
	for range 6 {
		all.Go(func() {
			ctx := policy.WithScope(t.Context(), ingesting(org))
			for {
				select {
				case <-moved:
					return
				default:
				}
				if _, err := a.ring(ctx, org, at("2026-06-10T23:30:00Z")); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	s := a.super(t)
	func() {
		defer all.Wait()
		defer close(moved)
		for n := range 40 {
			s.do(`update organizations set timezone = $2 where id = $1`, org, []string{"Asia/Tokyo", "America/New_York"}[n%2])
		}
	}()
	s.recounted(org)
}
