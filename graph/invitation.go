package graph

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/invitation"
	"github.com/voxanne/cascade/ent/membership"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/page"
)

// invitationLife is how long an invitation may be accepted.
const invitationLife = 7 * 24 * time.Hour

func invitationOrder() page.Order[ent.Invitation] {
	return latestFirst(invitation.FieldCreatedAt,
		func(i *ent.Invitation) time.Time { return i.CreatedAt }, func(i *ent.Invitation) uuid.UUID { return i.ID })
}

// A token is 160 random bits in base62, so many digits long.
const (
	tokenBytes  = 20
	tokenDigits = 27
)

// newToken draws the secret of an invitation. Its hash is all that is kept: a
// plain SHA-256 is enough for what nobody can guess.
func newToken(random io.Reader) (token string, hash [sha256.Size]byte, err error) {
	var bits [tokenBytes]byte
	if _, err := io.ReadFull(random, bits[:]); err != nil {
		return "", hash, fmt.Errorf("drawing an invitation's token: %w", err)
	}
	digits := new(big.Int).SetBytes(bits[:]).Text(62)
	token = strings.Repeat("0", tokenDigits-len(digits)) + digits
	return token, sha256.Sum256([]byte(token)), nil
}

// makeRoom sees to it that the address may be invited: nobody of that address
// is a member, and no invitation is open. One that ran out is ended here.
func (r *Resolver) makeRoom(ctx context.Context, email string) error {
	client := ent.FromContext(ctx)
	member, err := client.Membership.Query().Where(membership.EmailEqualFold(email)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("looking for a member: %w", err)
	}
	if member {
		return fault.New(fault.Conflict, "Somebody with this address is a member already.")
	}
	now := r.Now()
	if err := client.Invitation.Update().
		Where(invitation.Email(email), invitation.AcceptedAtIsNil(), invitation.RevokedAtIsNil(), invitation.ExpiresAtLTE(now)).
		SetRevokedAt(now).Exec(ctx); err != nil {
		return fmt.Errorf("ending an invitation that ran out: %w", err)
	}
	waiting, err := client.Invitation.Query().
		Where(invitation.Email(email), invitation.AcceptedAtIsNil(), invitation.RevokedAtIsNil()).Exist(ctx)
	if err != nil {
		return fmt.Errorf("looking for an open invitation: %w", err)
	}
	if waiting {
		return fault.New(fault.Conflict, "This address is invited already. Revoke that invitation to send another.")
	}
	return nil
}
