package directory

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// ErrInvitation means that the invitation does not open for this person: it
// does not exist, has ended, was used, or is somebody else's. Which of these
// it is, nobody is told.
var ErrInvitation = errors.New("the invitation is not valid")

// Acceptance is a person with an invitation's token. Issuer, Subject and Email
// come from a verified token.
type Acceptance struct {
	TokenHash              [sha256.Size]byte
	Issuer, Subject, Email string
	Name                   string
	// UserID and MembershipID are the ids that new rows get.
	UserID, MembershipID uuid.UUID
}

// Joined is what came of it.
type Joined struct {
	OrgID  uuid.UUID   `json:"org_id"`
	UserID uuid.UUID   `json:"user_id"`
	Role   policy.Role `json:"role"`
}

// AcceptInvitation makes the person a member of the clinic that invited them,
// once, and answers ErrInvitation for anything else. Somebody who is a member
// already keeps the role they have.
func (d *Directory) AcceptInvitation(ctx context.Context, a Acceptance) (Joined, error) {
	var j Joined
	err := d.ask(ctx, &j, `select app.accept_invitation($1, $2, $3, $4, $5, $6, $7)`,
		a.TokenHash[:], a.Issuer, a.Subject, a.Email, a.Name, a.UserID, a.MembershipID)
	if errors.Is(err, errAbsent) {
		return Joined{}, ErrInvitation
	}
	if err != nil {
		return Joined{}, err
	}
	return j, nil
}
