package directory

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
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
// already keeps the role they have. It works in the caller's transaction, so
// that the record of it is kept with it.
func AcceptInvitation(ctx context.Context, tx dialect.ExecQuerier, a Acceptance) (j Joined, err error) {
	rows := &entsql.Rows{}
	err = tx.Query(ctx, `select app.accept_invitation($1, $2, $3, $4, $5, $6, $7)`,
		[]any{a.TokenHash[:], a.Issuer, a.Subject, a.Email, a.Name, a.UserID, a.MembershipID}, rows)
	if err != nil {
		return Joined{}, fmt.Errorf("accepting an invitation: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var answer []byte
	if !rows.Next() {
		return Joined{}, fmt.Errorf("accepting an invitation: %w", rows.Err())
	}
	if err := rows.Scan(&answer); err != nil {
		return Joined{}, fmt.Errorf("accepting an invitation: %w", err)
	}
	if answer == nil {
		return Joined{}, ErrInvitation
	}
	if err := json.Unmarshal(answer, &j); err != nil {
		return Joined{}, fmt.Errorf("accepting an invitation: %w", err)
	}
	return j, nil
}
