package graph

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/membership"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/page"
)

func membershipOrder() page.Order[ent.Membership] {
	return latestFirst(membership.FieldCreatedAt,
		func(m *ent.Membership) time.Time { return m.CreatedAt }, func(m *ent.Membership) uuid.UUID { return m.ID })
}

// nobody is the role before somebody joins and after somebody has left.
const nobody membership.Role = ""

// checkRoles holds a change of somebody's role to the clinic's two rules: only
// an owner makes, changes or removes an owner; and one owner stays. Who is an
// owner is read from the rows as they are now, not as they were when the
// request came.
func checkRoles(ctx context.Context, was, becomes membership.Role) error {
	if was != membership.RoleOwner && becomes != membership.RoleOwner {
		return nil
	}
	owners, err := ent.FromContext(ctx).Membership.Query().Where(membership.RoleEQ(membership.RoleOwner)).All(ctx)
	if err != nil {
		return fmt.Errorf("reading who the owners are: %w", err)
	}
	me := decidedFrom(ctx).request.Subject.ID
	if !slices.ContainsFunc(owners, func(m *ent.Membership) bool { return m.UserID == me }) {
		return fault.New(fault.Forbidden, "Only an owner may invite, make, change or remove an owner.")
	}
	if becomes != membership.RoleOwner && len(owners) == 1 {
		return fault.New(fault.Conflict, "A clinic keeps one owner. Make somebody else an owner first.")
	}
	return nil
}

// lockMembers lets the changes of one clinic's members take turns, until the
// transaction ends: two that each leave one owner must not leave none between
// them. It is a lock by name and not of the rows, because row-level security
// lets only those lock rows who may update them, and a removal may not.
func lockMembers(ctx context.Context, org uuid.UUID) error {
	err := txFrom(ctx).Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, []any{"members:" + org.String()}, nil)
	if err != nil {
		return fmt.Errorf("waiting for other changes of members: %w", err)
	}
	return nil
}
