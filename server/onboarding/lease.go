package onboarding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
)

// errLost means that the lease is another worker's: what was done under it is
// theirs to find.
var errLost = errors.New("onboarding: the lease is another worker's")

// errBusy means that another worker has the onboarding, or that it is suspended.
var errBusy = errors.New("onboarding: not now")

// work is one onboarding, claimed.
type work struct {
	org, id uuid.UUID
	token   uuid.UUID // of the lease
	until   time.Time // of the lease
	slug    string
	name    string // of the clinic
	status  string
	since   time.Time
	request request
	hidden  hidden
	limit   *int64 // of spending, when it is verified
	tried   map[string]*tried
	fresh   credentials // what the step under way was just given, until it is kept
}

// tried is a step that was begun.
type tried struct {
	status   string
	attempts int
	result   result
}

// result is what a step leaves for those after it: providers' names of what was
// made, and no secrets.
type result map[string]string

// label is the onboarding's own name for what it makes elsewhere.
func (w *work) label() string { return "cascade " + w.id.String() }

// of is what a step left.
func (w *work) of(step string) result {
	if t := w.tried[step]; t != nil {
		return t.result
	}
	return nil
}

// ended reports whether nothing is left to do.
func (w *work) ended() bool { return w.status == "ready" || w.status == "failed" }

// claim takes the onboarding for this worker, and reads it.
func (s *Saga) claim(ctx context.Context, org uuid.UUID) (*work, error) {
	d, err := s.decide(ctx, org, "claim", always...)
	if err != nil {
		return nil, err
	}
	ctx = policy.WithScope(ctx, d.scope)
	w := &work{org: org, token: s.NewID(), until: s.Now().Add(s.Lease), tried: map[string]*tried{}}
	err = s.within(ctx, func(tx *rls.Tx) error {
		var request, sealed []byte
		var clinic string
		found, err := rls.One(ctx, tx, `
			select b.id, b.status, b.request, b.secrets, b.created_at, case when b.verified_at is not null then b.spend_limit_minor end,
			       o.slug, o.name, o.status
			  from onboardings b join organizations o on o.id = b.org_id
			 where b.org_id = $1 and o.id = $1 and coalesce(b.lease_expires_at <= $2, true)
			   for update of b skip locked`,
			[]any{org, s.Now()}, &w.id, &w.status, &request, &sealed, &w.since, &w.limit, &w.slug, &w.name, &clinic)
		if err != nil {
			return fmt.Errorf("claiming an onboarding: %w", err)
		}
		if !found || clinic != string(policy.OrgActive) {
			return errBusy
		}
		if w.ended() {
			return nil
		}
		if err := errors.Join(json.Unmarshal(request, &w.request), s.open(w, sealed)); err != nil {
			return err
		}
		if err := w.read(ctx, tx); err != nil {
			return err
		}
		err = tx.Exec(ctx, `update onboardings set lease_token = $2, lease_expires_at = $3, updated_at = $4 where org_id = $1`,
			[]any{org, w.token, w.until, s.Now()}, nil)
		if err != nil {
			return fmt.Errorf("claiming an onboarding: %w", err)
		}
		return audit.AppendTx(ctx, tx, org, d.records...)
	})
	return w, err
}

// open opens what the onboarding has to remember, where it still has to.
func (s *Saga) open(w *work, sealed []byte) error {
	if sealed == nil {
		return nil
	}
	place := secret.Place{Org: w.org, Row: w.id, Column: secret.OnboardingSecrets}
	plain, err := s.Secrets.Open(sealed, place.Bytes())
	if err != nil {
		return fmt.Errorf("opening an onboarding's secrets: %w", err)
	}
	if json.Unmarshal(plain, &w.hidden) != nil {
		return errors.New("an onboarding's secrets do not read") // the cause may quote them
	}
	return nil
}

// read reads the steps that were begun.
func (w *work) read(ctx context.Context, tx *rls.Tx) (err error) {
	rows := &entsql.Rows{}
	err = tx.Query(ctx, `select name, status, attempts, result from onboarding_steps where org_id = $1`, []any{w.org}, rows)
	if err != nil {
		return fmt.Errorf("reading steps: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		var text []byte
		t := &tried{}
		if err := rows.Scan(&name, &t.status, &t.attempts, &text); err != nil {
			return fmt.Errorf("reading steps: %w", err)
		}
		if err := json.Unmarshal(text, &t.result); err != nil {
			return fmt.Errorf("reading steps: %w", err)
		}
		w.tried[name] = t
	}
	return rows.Err()
}

// hold shows the lease, and makes it last from now on: whatever is written after
// it, in the same transaction, is written by who has it.
func (s *Saga) hold(ctx context.Context, tx *rls.Tx, w *work) error {
	until := s.Now().Add(s.Lease)
	var held uuid.UUID
	found, err := rls.One(ctx, tx, `
		update onboardings set lease_expires_at = $3, updated_at = $4
		 where org_id = $1 and lease_token = $2 and lease_expires_at > $4 returning id`,
		[]any{w.org, w.token, until, s.Now()}, &held)
	switch {
	case err != nil:
		return fmt.Errorf("holding an onboarding: %w", err)
	case !found:
		return errLost
	}
	w.until = until
	return nil
}

// release gives the onboarding back: it goes on at a time, or waits for somebody,
// unless what it waits for has come meanwhile.
func (s *Saga) release(ctx context.Context, w *work, next time.Time, waits string) error {
	return s.scoped(ctx, w, "release", func(ctx context.Context, tx *rls.Tx) error {
		return tx.Exec(ctx, `
			update onboardings set lease_token = null, lease_expires_at = null, next_attempt_at = $3, updated_at = $5,
			       waits_for = case when $4 = 'verification' and verified_at is not null then null
			                        when $4 = 'spending_limit' and spend_limit_minor is distinct from $6 then null
			                        else nullif($4, '') end
			 where org_id = $1 and lease_token = $2`, []any{w.org, w.token, next, waits, s.Now(), w.limit}, nil)
	})
}

// scoped runs work on the clinic in a transaction, under what every part of it
// needs, with the records of its decisions.
func (s *Saga) scoped(ctx context.Context, w *work, operation string, do func(context.Context, *rls.Tx) error, more ...need) error {
	d, err := s.decide(ctx, w.org, operation, append(append([]need(nil), always...), more...)...)
	if err != nil {
		return err
	}
	ctx = policy.WithScope(ctx, d.scope)
	return s.within(ctx, func(tx *rls.Tx) error {
		if err := do(ctx, tx); err != nil {
			return err
		}
		return audit.AppendTx(ctx, tx, w.org, d.records...)
	})
}
