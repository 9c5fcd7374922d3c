package recording

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// The waits of a Sweeper, unless SweeperConfig says otherwise.
const (
	DefaultSettled = 24 * time.Hour
	DefaultConfirm = 24 * time.Hour
	DefaultKeep    = 7 * 24 * time.Hour
)

// A clinic of which more than this share of objects would go at once is left
// alone: the fault is then in what we believe, not in the store.
const (
	maxGone      = 10
	maxGoneShare = 5 // one in
)

// ErrTooMany means that so much of a clinic's store would be deleted that nothing
// was.
var ErrTooMany = errors.New("recording: too much would be deleted at once")

// SweeperConfig is what a Sweeper needs.
type SweeperConfig struct {
	Config
	Settled time.Duration // what is younger may be under way; zero means DefaultSettled
	Confirm time.Duration // from the first sight of an orphan to its second; zero means DefaultConfirm
	Keep    time.Duration // from the second sight to its deletion; zero means DefaultKeep
	// Undo is how long what was erased on request can still be held; zero means
	// DefaultConfirm.
	Undo time.Duration
}

// Sweeper finds what is stored and has no row, and rows whose object is gone,
// and deletes in two steps: an orphan is noted, seen again, and kept for days
// before it goes; a recording that was erased on request is closed at once and
// its object goes after Undo. Nothing of a call with a recording under legal
// hold is ever deleted.
type Sweeper struct {
	desk
	config SweeperConfig
}

// NewSweeper makes a Sweeper.
func NewSweeper(c SweeperConfig) *Sweeper {
	for _, d := range []struct {
		field  *time.Duration
		unless time.Duration
	}{{&c.Settled, DefaultSettled}, {&c.Confirm, DefaultConfirm}, {&c.Keep, DefaultKeep}, {&c.Undo, DefaultConfirm}} {
		if *d.field == 0 {
			*d.field = d.unless
		}
	}
	return &Sweeper{desk{c.withDefaults()}, c}
}

// Swept is what a sweep came to.
type Swept struct {
	Objects int // seen in the store
	Orphans int // noted, or seen again
	Deleted int // orphans
	Erased  int // recordings that were erased on request
}

// RunOnce sweeps every clinic that may be served, one after the other. A clinic
// that fails is told in the error and holds up no other.
func (s *Sweeper) RunOnce(ctx context.Context) (all Swept, err error) {
	const page = 100
	var errs []error
	for after := uuid.Nil; ; {
		clinics, err := s.clinics(ctx, after, page)
		if err != nil {
			return all, errors.Join(append(errs, err)...)
		}
		for _, org := range clinics {
			after = org
			one, err := s.Clinic(ctx, org)
			all.Objects, all.Orphans = all.Objects+one.Objects, all.Orphans+one.Orphans
			all.Deleted, all.Erased = all.Deleted+one.Deleted, all.Erased+one.Erased
			if err != nil {
				s.Log.WarnContext(ctx, "a clinic's store could not be swept", "org_id", org, "class", classOf(err), "too_many", errors.Is(err, ErrTooMany))
				errs = append(errs, fmt.Errorf("sweeping %s: %w", org, err))
			}
		}
		if len(clinics) < page {
			return all, errors.Join(errs...)
		}
	}
}

// clinics are the next to sweep, by a proof that the program asks.
func (d *desk) clinics(ctx context.Context, after uuid.UUID, n int) ([]uuid.UUID, error) {
	asked := d.Now().Unix()
	proof := d.Driver.Key.Prove(fmt.Sprintf("recording.clinics %s %d %d", after, n, asked))
	rows, err := d.Driver.Pool.Query(ctx, `select app.recording_clinics($1, $2, $3, $4)`, after, n, asked, proof)
	if err != nil {
		return nil, fmt.Errorf("listing clinics: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// Clinic sweeps one.
func (s *Sweeper) Clinic(ctx context.Context, org uuid.UUID) (Swept, error) {
	p := s.permit(ctx, org, "sweep recordings")
	if err := s.within(ctx, org, p, func(context.Context, *rls.Tx) error { return nil }); err != nil {
		return Swept{}, err
	}
	scoped := policy.WithScope(ctx, p.scope)
	seen, err := s.walk(scoped, org, s.Now().Add(-s.config.Settled))
	out := Swept{Objects: seen.objects, Orphans: len(seen.orphans)}
	if err != nil {
		return out, err
	}
	due, err := s.note(scoped, org, seen)
	if err != nil {
		return out, err
	}
	var errs []error
	if len(due) > maxGone && len(due)*maxGoneShare > seen.objects {
		errs, due = append(errs, ErrTooMany), nil
	}
	for _, o := range due {
		gone, err := s.remove(ctx, org, o)
		if gone {
			out.Deleted++
		}
		errs = append(errs, err)
	}
	out.Erased, err = s.erase(scoped, org)
	return out, errors.Join(append(errs, err)...)
}

// permit is what a sweep may: the queue's tables and recordings, of one clinic.
func (s *Sweeper) permit(ctx context.Context, org uuid.UUID, operation string) permit {
	return s.decide(ctx, jobSubject(org, s.NewID(), "recording-sweep"), operation,
		need{policy.Ingest, policy.RecordingQueue}, need{policy.Ingest, policy.Recording})
}
