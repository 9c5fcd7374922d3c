package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
)

// user is the answer of app.directory_users.
type user struct {
	ID           uuid.UUID    `json:"id"`
	PlatformKind *policy.Kind `json:"platform_kind"`
	Memberships  []struct {
		OrgID                 uuid.UUID        `json:"org_id"`
		Slug                  string           `json:"slug"`
		Role                  policy.Role      `json:"role"`
		Status                policy.OrgStatus `json:"status"`
		ViewersSeeTranscripts bool             `json:"viewers_see_transcripts"`
		OrgFacts
	} `json:"memberships"`
	BreakGlass []struct {
		ID         uuid.UUID        `json:"id"`
		OrgID      uuid.UUID        `json:"org_id"`
		Slug       string           `json:"slug"`
		Status     policy.OrgStatus `json:"status"`
		Ticket     string           `json:"ticket"`
		ApprovedBy *uuid.UUID       `json:"approved_by"`
		Starts     *time.Time       `json:"starts_at"`
		Expires    *time.Time       `json:"expires_at"`
		Ended      *time.Time       `json:"ended_at"`
		OrgFacts
	} `json:"break_glass"`
}

// User implements auth.Directory: the live facts of the user whom issuer calls
// subject, or auth.ErrUnknownSubject. Platform staff are of their kind and
// nothing else: memberships of theirs do not count.
func (d *Directory) User(ctx context.Context, issuer, subject string) (policy.Subject, error) {
	facts, err := d.together.user(ctx, issuer, subject)
	if err != nil {
		return policy.Subject{}, err
	}
	if facts == nil {
		return policy.Subject{}, auth.ErrUnknownSubject
	}
	var u user
	if err := json.Unmarshal(facts, &u); err != nil {
		return policy.Subject{}, fmt.Errorf("reading the directory's answer: %w", err)
	}
	if u.PlatformKind != nil {
		for _, b := range u.BreakGlass {
			note(ctx, b.OrgID, b.OrgFacts)
		}
		return u.staff(*u.PlatformKind), nil
	}
	s := policy.Subject{ID: u.ID, Kind: policy.Member, Memberships: make([]policy.Membership, 0, len(u.Memberships))}
	for _, m := range u.Memberships {
		note(ctx, m.OrgID, m.OrgFacts)
		s.Memberships = append(s.Memberships, policy.Membership{
			OrgID: m.OrgID, Slug: m.Slug, Role: m.Role, Status: m.Status, ViewersSeeTranscripts: m.ViewersSeeTranscripts,
		})
	}
	return s, nil
}

// staff is a platform subject with its emergency sessions.
func (u user) staff(kind policy.Kind) policy.Subject {
	s := policy.Subject{ID: u.ID, Kind: kind}
	for _, b := range u.BreakGlass {
		session := policy.BreakGlass{
			ID: b.ID, OrgID: b.OrgID, Slug: b.Slug, Status: b.Status, Ticket: b.Ticket,
			Approved: b.ApprovedBy != nil, Starts: orZero(b.Starts), Expires: orZero(b.Expires), Ended: b.Ended != nil,
		}
		if b.ApprovedBy != nil {
			session.ApproverID = *b.ApprovedBy
		}
		s.BreakGlass = append(s.BreakGlass, session)
	}
	return s
}

// orZero is the time in UTC, or the zero time for none.
func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
