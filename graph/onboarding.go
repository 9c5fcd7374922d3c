package graph

import (
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/onboarding"
	"github.com/voxanne/cascade/ent/onboardingstep"
	"github.com/voxanne/cascade/graph/page"
)

func onboardingOrder() page.Order[ent.Onboarding] {
	return latestFirst(onboarding.FieldCreatedAt,
		func(o *ent.Onboarding) time.Time { return o.CreatedAt },
		func(o *ent.Onboarding) uuid.UUID { return o.ID })
}

// stepOrder is the order in which steps were begun, the first one first.
func stepOrder() page.Order[ent.OnboardingStep] {
	o := latestFirst(onboardingstep.FieldCreatedAt,
		func(s *ent.OnboardingStep) time.Time { return s.CreatedAt },
		func(s *ent.OnboardingStep) uuid.UUID { return s.ID })
	o.Desc = false
	return o
}
