package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// Config is what seeding needs. Every field is required.
type Config struct {
	// Super is a connection of the private server's own superuser.
	Super *pgx.Conn
	// Driver writes the clinics' rows, as the app role.
	Driver *rls.Driver
	// Policies decide that it may.
	Policies policy.Source
	// Sealer seals the credentials of integrations.
	Sealer Sealer
	// Secret is what the demo's credentials are derived from, at least 16 bytes
	// that nobody else knows.
	Secret []byte
	// Now is when the two months of calls end.
	Now time.Time
}

// Seed writes the demo unless it is there, and tells what is there. A clinic's
// rows are written whole or not at all, so that seeding that was interrupted
// goes on where it was. Credentials of outsiders are set anew each time.
func Seed(ctx context.Context, c Config) (*World, error) {
	secrets := credentials{c.Secret}
	key, err := secrets.apiKey()
	if err != nil {
		return nil, err
	}
	if err := found(ctx, c.Super, key, c.Now); err != nil {
		return nil, err
	}
	if err := c.fillAll(ctx, secrets); err != nil {
		return nil, err
	}
	return readWorld(ctx, c.Super, secrets)
}

// fillAll fills the clinics side by side: each has a transaction of its own and
// none touches another's rows.
func (c Config) fillAll(ctx context.Context, secrets credentials) error {
	rows, err := c.Super.Query(ctx, `select distinct org_id from call_logs`)
	if err != nil {
		return fmt.Errorf("looking for calls: %w", err)
	}
	busy, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("looking for calls: %w", err)
	}
	errs := make([]error, len(clinics()))
	var all sync.WaitGroup
	for i, clinic := range clinics() {
		all.Go(func() {
			if err := c.fill(ctx, clinic, secrets, !slices.Contains(busy, clinic.id())); err != nil {
				errs[i] = fmt.Errorf("seeding %s: %w", clinic.slug, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// fill gives a clinic its credentials and, if it is empty, its rows, in one
// transaction with the records of the decisions that it took.
func (c Config) fill(ctx context.Context, clinic clinic, secrets credentials, empty bool) error {
	task := newTask(clinic, c.Policies.For(nil), c.Now)
	tx, err := c.Driver.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if empty {
		create, err := task.scope(ctx, policy.Create, seeded)
		if err != nil {
			return err
		}
		rows, err := newDataset(clinic, c.Now, task.decided(policy.Recording))
		if err != nil {
			return err
		}
		if err := rows.insert(create, tx); err != nil {
			return err
		}
	}
	update, err := task.scope(ctx, policy.Update, []policy.Resource{policy.Integration})
	if err != nil {
		return err
	}
	if err := connect(update, tx, clinic, secrets, c.Sealer); err != nil {
		return err
	}
	if err := audit.AppendTx(update, tx, clinic.id(), task.records...); err != nil {
		return err
	}
	return tx.Commit()
}
