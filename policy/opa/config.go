// Package opa decides with the policies of package rego, using OPA's evaluator
// inside this process. It is the only package that imports OPA.
//
// Policies live in generations: compiled once, never changed, swapped whole.
// A request takes one generation and keeps it (policy.Source).
package opa

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// DefaultBudget is how long one decision may take, by the wall clock: far more
// than a sane one needs, because a busy machine may stop it in the middle. It takes a
// thousandth of it.
const DefaultBudget = 250 * time.Millisecond

// Config is what an Engine needs; the zero value of each field has a default.
type Config struct {
	// Budget bounds one evaluation; zero means DefaultBudget.
	Budget time.Duration
	// NewID makes decision ids; nil means UUIDv7.
	NewID func() uuid.UUID
	// Alarm hears of every answer that was no answer: an error, an undefined
	// or misshapen result, a step outside the envelope. It must not block.
	Alarm func(ctx context.Context, reason string, err error)
	// Clock measures how long evaluations take, and nothing else; nil means
	// time.Now.
	Clock func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Budget == 0 {
		c.Budget = DefaultBudget
	}
	if c.NewID == nil {
		c.NewID = func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	}
	if c.Alarm == nil {
		c.Alarm = func(context.Context, string, error) {}
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}
