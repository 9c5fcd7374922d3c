package directory

import (
	"context"

	"github.com/google/uuid"
)

// OrgFacts is what an organization's row says about serving it.
type OrgFacts struct {
	Plan     string `json:"plan"`
	Timezone string `json:"timezone"` // an IANA name
	// The org's own limits in place of its plan's; nil keeps the plan's.
	RequestsPerMinute *int `json:"requests_per_minute"`
	CostPerHour       *int `json:"cost_per_hour"`
}

// Facts are those of the orgs that a subject belongs to, by id: a member's
// clinics, a key's own org. They say nothing about access, and come with the
// answer that proves the subject, in the same round trip.
type Facts map[uuid.UUID]OrgFacts

type factsKey struct{}

// WithFacts returns a context in which the next look-up leaves its facts. They
// are the request's own: read live, and forgotten with it.
func WithFacts(ctx context.Context) (context.Context, Facts) {
	facts := Facts{}
	return context.WithValue(ctx, factsKey{}, facts), facts
}

// note leaves facts in ctx, where someone wants them.
func note(ctx context.Context, org uuid.UUID, f OrgFacts) {
	if facts, ok := ctx.Value(factsKey{}).(Facts); ok {
		facts[org] = f
	}
}

// Zones are the time zones of the orgs.
func (f Facts) Zones() map[uuid.UUID]string {
	zones := make(map[uuid.UUID]string, len(f))
	for org, facts := range f {
		zones[org] = facts.Timezone
	}
	return zones
}
