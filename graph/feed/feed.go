// Package feed carries the news that a call changed from whoever changed it to
// the streams that watch the clinic.
//
// An event says which call and nothing about it: each receiver reads the call
// for itself, under a decision of its own. So nothing that a clinic must not
// see can be in an event, and a late or repeated one does no harm.
package feed

import (
	"context"

	"github.com/google/uuid"
)

// CallEvent says that a call came or changed. It holds ids alone, and never
// health data: it passes through Redis. The zero event names no call.
type CallEvent struct {
	OrgID  uuid.UUID
	CallID uuid.UUID
}

// Feed tells every subscriber of an org about the org's events. Delivery is at
// most once and the past is not kept: who connects, or connects again, fetches
// what it shows and then follows the changes.
type Feed interface {
	// Subscribe returns the events of orgs until ctx ends. An event published
	// after it returns is delivered, unless the way between two processes is
	// broken just then. Events of one call that wait together are one event,
	// because the receiver reads the call as it then is.
	//
	// The channel closes when ctx ends. It closes earlier when the subscriber
	// has fallen too far behind to be told everything, and must fetch again.
	Subscribe(ctx context.Context, orgs []uuid.UUID) (<-chan CallEvent, error)

	// Publish tells that a call changed. Call it after the change is committed:
	// a receiver may read the call at once. It never waits for a receiver. An
	// error means that some receivers may not have heard; the feed has logged
	// it, and the change itself stands.
	Publish(ctx context.Context, e CallEvent) error
}
