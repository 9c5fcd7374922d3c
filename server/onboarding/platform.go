package onboarding

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// What the platform does to a clinic that exists. Who may ask for it has been
// decided by the caller; the record of it is kept here, with the change.
var (
	// ErrNoClinic means that there is no such clinic.
	ErrNoClinic = errors.New("onboarding: no such clinic")
	// ErrClosed means that the clinic is closed, which is for good.
	ErrClosed = errors.New("onboarding: the clinic is closed")
)

// SetStatus suspends a clinic or lets it go on. Tokens, keys and webhooks of a
// suspended one are refused from the next request on, its jobs wait, and nothing
// of it is lost. It answers with the status before; setting what is set already
// is no error.
func (s *Saga) SetStatus(ctx context.Context, by policy.Subject, org uuid.UUID, to policy.OrgStatus) (policy.OrgStatus, error) {
	if to != policy.OrgActive && to != policy.OrgSuspended {
		return "", fmt.Errorf("onboarding: a clinic cannot be made %q here", to)
	}
	var before *string
	record := s.record(ctx, by, org, "setOrganizationStatus "+string(to), policy.Update)
	err := s.platform(ctx, org, record, func(ctx context.Context, tx *rls.Tx) error {
		document := map[string]any{"id": org, "status": to}
		err := s.ask(ctx, tx, "organization.status", `select app.set_organization_status($1, $2)`, document, &before)
		switch {
		case err != nil:
			return err
		case before == nil:
			return ErrNoClinic
		case *before == string(policy.OrgClosed):
			return ErrClosed
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return policy.OrgStatus(*before), nil
}

// Verify says that somebody of the platform knows who the clinic is, and what
// may be spent in its name in a month, in minor units. Its onboarding goes on.
func (s *Saga) Verify(ctx context.Context, by policy.Subject, org uuid.UUID, limitMinor int64) error {
	if limitMinor < 0 {
		return errors.New("onboarding: a limit is not negative")
	}
	record := s.record(ctx, by, org, "verifyOrganization", policy.Update)
	return s.platform(ctx, org, record, func(ctx context.Context, tx *rls.Tx) error {
		found := false
		document := map[string]any{"id": org, "spend_limit_minor": limitMinor}
		err := s.ask(ctx, tx, "organization.verify", `select app.verify_organization($1, $2)`, document, &found)
		if err == nil && !found {
			err = ErrNoClinic
		}
		return err
	})
}
