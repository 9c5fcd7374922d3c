// Package opa decides with the policies of package rego, using OPA's evaluator
// inside this process. It and package review, which works on candidates, are all
// that imports OPA.
//
// Policies live in generations: compiled once, never changed, swapped whole.
// A request takes one generation and keeps it (policy.Source).
package opa

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Deployment is what an engine runs. Active is required; the rest may be nil.
type Deployment struct {
	Active *Generation
	// Canary decides instead of Active for Percent of the clinics, always the
	// same ones for the same revision.
	Canary  *Generation
	Percent int
	// Shadow is asked what it would have said, after the answer has gone.
	Shadow *Generation
}

// Engine is a policy.Source. It is safe for concurrent use.
type Engine struct {
	config  Config
	current atomic.Pointer[Deployment]
	shadow  shadow
}

var _ policy.Source = (*Engine)(nil)

// New compiles the policies in files and starts with them.
func New(ctx context.Context, files fs.FS, c Config) (*Engine, error) {
	e := &Engine{config: c.withDefaults()}
	if _, err := e.Load(ctx, files); err != nil {
		return nil, err
	}
	return e, nil
}

// Load compiles the policies in files and makes them current, with nothing
// beside them. On an error, which names file and line, what runs goes on.
func (e *Engine) Load(ctx context.Context, files fs.FS) (revision string, err error) {
	g, err := e.Compile(ctx, files)
	if err != nil {
		return "", err
	}
	return g.revision, e.Deploy(Deployment{Active: g})
}

// Compile makes a generation that can be deployed here.
func (e *Engine) Compile(ctx context.Context, files fs.FS) (*Generation, error) {
	g, err := Compile(ctx, files, e.config)
	if err != nil {
		return nil, fmt.Errorf("compiling policies: %w", err)
	}
	return g, nil
}

// Deploy swaps what runs, whole: a request that has begun ends under what it
// began with.
func (e *Engine) Deploy(d Deployment) error {
	if d.Active == nil {
		return errors.New("nothing to deploy")
	}
	if d.Canary != nil && (d.Percent < 1 || d.Percent > 100) {
		return fmt.Errorf("a canary for %d %% of the clinics", d.Percent)
	}
	e.current.Store(&d)
	return nil
}

// Deployed is what runs.
func (e *Engine) Deployed() Deployment { return *e.current.Load() }

// Current returns the active generation.
func (e *Engine) Current() policy.Decider { return e.current.Load().Active }

// For implements policy.Source.
func (e *Engine) For(orgs []uuid.UUID) policy.Decider {
	d := e.current.Load()
	g := d.Active
	// A request about several clinics, or about none, is nobody's canary.
	if d.Canary != nil && len(orgs) == 1 && Bucket(d.Canary.revision, orgs[0]) < d.Percent {
		g = d.Canary
	}
	if d.Shadow != nil {
		return shadowed{Generation: g, candidate: d.Shadow, shadow: &e.shadow}
	}
	return g
}

// Bucket is the percentile, 0 to 99, in which a clinic lies for a canary. It
// depends on the revision, so that the same clinics are not always the first.
func Bucket(revision string, org uuid.UUID) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(revision)) // a hash never fails
	_, _ = h.Write(org[:])
	var sum [8]byte
	// The low bits of FNV are mixed worst; what it makes of short inputs is
	// folded once more.
	s := h.Sum64()
	binary.BigEndian.PutUint64(sum[:], s^s>>32)
	return int(binary.BigEndian.Uint32(sum[4:]) % 100)
}
