package server

import (
	"context"
	"crypto"
	"fmt"
	"io/fs"
	"os"

	"github.com/voxanne/cascade/policy/bundle"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/rollout"
	"github.com/voxanne/cascade/server/workshop"
)

// openPolicies compiles what the program was built with, or started with, which
// decides until the database says otherwise (see runDeployed).
func (a *App) openPolicies(ctx context.Context) error {
	files := a.deps.Policies
	if files == nil {
		files = rego.Files
	}
	var err error
	a.engine, err = opa.New(ctx, files, opa.Config{
		NewID: a.newID, Budget: a.deps.Budget,
		Alarm: func(ctx context.Context, reason string, err error) {
			a.metrics.alarms.WithLabelValues(reason).Inc()
			a.log.ErrorContext(ctx, "the policy gave no answer that can be used", "reason", reason, "error", err)
		},
	})
	if err != nil {
		return err
	}
	a.builtIn = a.engine.Deployed().Active
	signer, keys, err := policyKeys(a.config)
	if err != nil {
		return err
	}
	ledger := rollout.NewLedger(rollout.LedgerConfig{Signer: signer, Keys: keys, Engine: a.engine, Now: a.now, NewID: a.newID})
	a.desk = rollout.NewDesk(ctx, rollout.DeskConfig{Ledger: ledger, Pool: a.pool, Key: a.sealKey, Review: a.review, Log: a.log})
	a.node = rollout.NewNode(rollout.NodeConfig{
		Pool: a.pool, Key: a.sealKey, Engine: a.engine, Keys: keys, Ledger: ledger, Log: a.log, Now: a.now, NewID: a.newID,
		Name:    a.newID().String(),
		Refused: func(error) { a.metrics.alarms.WithLabelValues("policy_refused").Inc() },
	})
	return nil
}

// policyKeys are the key that signs policies, nil for none, and the keys that are
// trusted to have.
func policyKeys(c Config) (crypto.Signer, bundle.Keys, error) {
	keys := bundle.Keys{}
	if c.PolicyKeysFile != "" {
		text, err := os.ReadFile(c.PolicyKeysFile)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the keys that sign policies: %w", err)
		}
		if keys, err = bundle.ParseKeys(text); err != nil {
			return nil, nil, fmt.Errorf("reading %s: %w", c.PolicyKeysFile, err)
		}
	}
	if c.PolicyKeyFile == "" {
		return nil, keys, nil
	}
	text, err := os.ReadFile(c.PolicyKeyFile)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the key that signs policies: %w", err)
	}
	key, err := bundle.ParsePrivateKey(text)
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", c.PolicyKeyFile, err)
	}
	return key, keys, keys.Trust(key.Public())
}

// runDeployed makes the policies that the database deploys decide before the
// first request does. Without the database nothing is served, and what it says
// is heard as soon as it is back.
func (a *App) runDeployed(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, rollout.Poll)
	defer cancel()
	if err := a.node.Refresh(ctx); err != nil {
		a.log.WarnContext(ctx, "which policies are deployed is not known yet", "error", err)
	}
}

// review compares a candidate with what runs, over the decisions of the last
// month.
func (a *App) review(ctx context.Context, running, candidate *opa.Generation, files fs.FS) (rollout.Findings, error) {
	r := workshop.Review{Now: a.now, Lattice: a.deps.Lattice, Archive: func(ctx context.Context) (*workshop.Archive, error) {
		return workshop.OpenArchive(ctx, workshop.ArchiveConfig{
			Driver: a.driver, Records: a.records, Decider: running, Task: "policy-review", Now: a.now, NewID: a.newID,
		})
	}}
	found, err := r.Run(ctx, running, candidate, files)
	return rollout.Findings{Report: found, Passed: found.Passed, Widens: found.Widens}, err
}
