package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/voxanne/cascade/ent/queue"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review"
	"github.com/voxanne/cascade/server/jobs"
	"github.com/voxanne/cascade/server/workshop"
)

// night is which day a nightly verification is of: the one before its slot's.
type night struct {
	Slot time.Time `json:"slot"`
}

var verifyDecisions = queue.Kind[night]{Name: "verify-decisions"} //nolint:gochecknoglobals // immutable

// longestNight bounds a verification of a day.
const longestNight = time.Hour

// nightly makes yesterday's decisions again under the policies of the time, and
// raises what comes out otherwise: somebody has changed a record, or a policy is
// not deterministic.
func (a *App) nightly() (jobs.Handler, jobs.Periodic) {
	worker := jobs.Worker[night]{
		Kind: verifyDecisions, Platform: true, Timeout: longestNight,
		Needs: []jobs.Need{{Action: policy.Read, Resource: policy.PolicyRevision}},
		Errand: func(ctx context.Context, job *jobs.Job[night]) error {
			today := job.Args.Slot.UTC().Truncate(24 * time.Hour)
			var kept map[string][]byte
			if err := job.Within(ctx, func(tx *rls.Tx) (err error) {
				kept, err = keptPolicies(ctx, tx)
				return err
			}); err != nil {
				return err
			}
			_, err := a.verifyDecisions(ctx, kept, today.Add(-24*time.Hour), today)
			return err
		},
	}
	return worker, jobs.Recur(verifyDecisions, jobs.Daily(2, 30), func(slot time.Time) night { return night{slot} })
}

// keptPolicies are the bundles of every revision that the scope may read.
func keptPolicies(ctx context.Context, tx *rls.Tx) (kept map[string][]byte, err error) {
	rows := &entsql.Rows{}
	if err := tx.Query(ctx, `select revision, bundle from policy_revisions`, []any{}, rows); err != nil {
		return nil, fmt.Errorf("reading the policies of the time: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	kept = map[string][]byte{}
	for rows.Next() {
		var revision string
		var data []byte
		if err := rows.Scan(&revision, &data); err != nil {
			return nil, fmt.Errorf("reading the policies of the time: %w", err)
		}
		kept[revision] = data
	}
	return kept, rows.Err()
}

// verifyDecisions makes the decisions from since on and before until again. What it
// finds is logged and counted as an alarm; decisions of a revision that is kept
// nowhere, as that of a program before an upgrade, are only said to be.
func (a *App) verifyDecisions(ctx context.Context, kept map[string][]byte, since, until time.Time) (review.Verification, error) {
	running := a.engine.Deployed().Active
	generations := map[string]*opa.Generation{running.Revision(): running, a.builtIn.Revision(): a.builtIn}
	for revision, data := range kept {
		if generations[revision] != nil {
			continue
		}
		files, err := a.desk.Files(data)
		if err != nil {
			return review.Verification{}, fmt.Errorf("opening revision %s: %w", revision, err)
		}
		if generations[revision], err = opa.Compile(ctx, files, opa.Config{}); err != nil {
			return review.Verification{}, fmt.Errorf("compiling revision %s: %w", revision, err)
		}
	}
	archive, err := workshop.OpenArchive(ctx, workshop.ArchiveConfig{
		Driver: a.driver, Records: a.records, Decider: running, Task: "verify-decisions", Now: a.now, NewID: a.newID,
	})
	if err != nil {
		return review.Verification{}, err
	}
	found, err := review.Verify(ctx, review.VerifyConfig{Generations: generations, Records: archive.Records(ctx, since, until)})
	if err != nil {
		return found, err
	}
	said := []any{
		"since", since, "until", until, "verified", found.Verified, "mismatches", found.Mismatches.Count,
		"unreadable", found.Unreadable.Count, "unknown", len(found.Unknown),
	}
	if found.Mismatches.Count+found.Unreadable.Count > 0 {
		a.metrics.alarms.WithLabelValues("decision_mismatch").Inc()
		for _, m := range found.Mismatches.Examples {
			a.log.ErrorContext(ctx, "a recorded decision is not what its policy decides", "decision", m.ID, "at", m.At, "fields", m.Fields)
		}
		a.log.ErrorContext(ctx, "decisions do not verify", said...)
	} else {
		a.log.InfoContext(ctx, "decisions verified", said...)
	}
	return found, nil
}
