package onboarding

import "context"

// At lets a test end the process at a boundary of a step.
func (s *Saga) At(at func(ctx context.Context, boundary string) error) { s.at = at }

// SlugOf is what an address is made of.
var SlugOf = slugOf
