// Package opa decides with the policies of package rego, using OPA's evaluator
// inside this process. It is the only package that imports OPA.
//
// Policies live in generations: compiled once, never changed, swapped whole.
// A request takes one generation and keeps it (policy.Source).
package opa

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
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
}

// Engine is a policy.Source. It is safe for concurrent use.
type Engine struct {
	config  Config
	loading sync.Mutex
	current atomic.Pointer[generation]
}

var _ policy.Source = (*Engine)(nil)

// New compiles the policies in files and starts with them.
func New(ctx context.Context, files fs.FS, c Config) (*Engine, error) {
	if c.Budget == 0 {
		c.Budget = DefaultBudget
	}
	if c.NewID == nil {
		c.NewID = func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	}
	if c.Alarm == nil {
		c.Alarm = func(context.Context, string, error) {}
	}
	e := &Engine{config: c}
	if _, err := e.Load(ctx, files); err != nil {
		return nil, err
	}
	return e, nil
}

// Load compiles the policies in files and makes them current. On an error,
// which names file and line, the running generation stays.
func (e *Engine) Load(ctx context.Context, files fs.FS) (revision string, err error) {
	e.loading.Lock()
	defer e.loading.Unlock()
	g, err := compile(ctx, files, e.config)
	if err != nil {
		return "", fmt.Errorf("compiling policies: %w", err)
	}
	e.current.Store(g)
	return g.revision, nil
}

// Current returns the running generation.
func (e *Engine) Current() policy.Decider { return e.current.Load() }

// errUndefined means that the policy had no answer.
var errUndefined = errors.New("the policy gave no answer")

// Revision names the generation: a digest of its files.
func (g *generation) Revision() string { return g.revision }

// Decide implements policy.Decider. Whatever goes wrong is a denial.
func (g *generation) Decide(ctx context.Context, q policy.Request) policy.Decision {
	in := newInput(q)
	evidence := policy.Evidence{ID: g.config.NewID(), Revision: g.revision, Input: in.json()}
	verdict, err := g.verdict(ctx, in, string(evidence.Input), q.Now)
	if err != nil {
		reason := policy.ReasonFailed
		if errors.Is(err, errUndefined) || errors.Is(err, errShape) {
			reason = policy.ReasonUndefined
		}
		g.config.Alarm(ctx, reason, err)
		return policy.Deny(q, reason, evidence)
	}
	d := policy.Judge(q, verdict, evidence)
	if d.Reason() == policy.ReasonEnvelope {
		g.config.Alarm(ctx, policy.ReasonEnvelope, nil)
	}
	return d
}
