package rollout

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy/bundle"
	"github.com/voxanne/cascade/policy/opa"
)

// Findings are what a review came to.
type Findings struct {
	// Report is what people read, as JSON.
	Report any
	// Passed is false where nobody should approve: it stays a draft.
	Passed bool
	// Widens means that a second person has to approve.
	Widens bool
	// Base is the revision that it was compared with.
	Base string
}

// Reviewer compares a candidate with what runs.
type Reviewer func(ctx context.Context, running, candidate *opa.Generation, files fs.FS) (Findings, error)

// longestReview bounds a review, which replays many decisions.
const longestReview = 15 * time.Minute

// DeskConfig is what a Desk needs.
type DeskConfig struct {
	*Ledger
	Pool   *pgxpool.Pool
	Key    rls.Key
	Review Reviewer
	Log    *slog.Logger
}

// Desk is graph's Policies: the ledger, and the reviews that run beside requests,
// one at a time. A server that stops gives up a review, which anybody begins again.
type Desk struct {
	DeskConfig
	work sync.WaitGroup
	once sync.Mutex // held by the review that runs
	stop context.CancelFunc
	life context.Context //nolint:containedctx // the server's life, not a request's
}

// NewDesk makes a Desk. Close gives up what it does.
func NewDesk(ctx context.Context, c DeskConfig) *Desk {
	d := &Desk{DeskConfig: c}
	d.life, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	return d
}

// Close gives up the review that runs, and returns when it has.
func (d *Desk) Close() {
	d.stop()
	d.work.Wait()
}

// Review implements graph.Policies.
func (d *Desk) Review(_ context.Context, id uuid.UUID, data []byte) error {
	b, err := reopen(data, d.Keys)
	if err != nil {
		return fault.New(fault.Conflict, "Its bundle does not verify: %s", err)
	}
	if !d.once.TryLock() {
		return fault.New(fault.Conflict, "Another review is under way on this server: try again when it is done.")
	}
	d.work.Go(func() {
		defer d.once.Unlock()
		ctx, cancel := context.WithTimeout(d.life, longestReview)
		defer cancel()
		if err := d.review(ctx, id, b); err != nil {
			d.Log.ErrorContext(ctx, "a review was given up", "policy", id, "error", err)
		}
	})
	return nil
}

func (d *Desk) review(ctx context.Context, id uuid.UUID, b *bundle.Bundle) error {
	running := d.Engine.Deployed().Active
	candidate, err := opa.Compile(ctx, b.Files(), opa.Config{})
	if err != nil {
		return fmt.Errorf("compiling: %w", err)
	}
	found, err := d.DeskConfig.Review(ctx, running, candidate, b.Files())
	if err != nil {
		// What a review failed of is what people have to know of it.
		found = Findings{Report: map[string]any{"failed": err.Error()}}
	}
	found.Base = running.Revision()
	return d.keepReview(ctx, onPool(d.Pool, d.Key), id, found)
}

// Files implements graph.Policies.
func (d *Desk) Files(data []byte) (fs.FS, error) {
	b, err := reopen(data, d.Keys)
	if err != nil {
		return nil, fault.New(fault.Conflict, "Its bundle does not verify: %s", err)
	}
	return b.Files(), nil
}

// Running implements graph.Policies.
func (d *Desk) Running() (active, canary string, percent int, shadow string) {
	now := d.Engine.Deployed()
	return name(now.Active), name(now.Canary), now.Percent, name(now.Shadow)
}
