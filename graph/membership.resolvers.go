package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/membership"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// InviteMember is the resolver for the inviteMember field.
func (r *mutationResolver) InviteMember(ctx context.Context, input model.InviteMemberInput) (*model.InviteMemberPayload, error) {
	panic(fmt.Errorf("not implemented: InviteMember - inviteMember"))
}

// RevokeInvitation is the resolver for the revokeInvitation field.
func (r *mutationResolver) RevokeInvitation(ctx context.Context, id string) (*model.RevokeInvitationPayload, error) {
	panic(fmt.Errorf("not implemented: RevokeInvitation - revokeInvitation"))
}

// UpdateMember is the resolver for the updateMember field.
func (r *mutationResolver) UpdateMember(ctx context.Context, id string, role membership.Role) (*model.UpdateMemberPayload, error) {
	panic(fmt.Errorf("not implemented: UpdateMember - updateMember"))
}

// RemoveMember is the resolver for the removeMember field.
func (r *mutationResolver) RemoveMember(ctx context.Context, id string) (*model.RemoveMemberPayload, error) {
	panic(fmt.Errorf("not implemented: RemoveMember - removeMember"))
}

// Members is the resolver for the members field.
func (r *queryResolver) Members(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Membership], error) {
	panic(fmt.Errorf("not implemented: Members - members"))
}

// Invitations is the resolver for the invitations field.
func (r *queryResolver) Invitations(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Invitation], error) {
	panic(fmt.Errorf("not implemented: Invitations - invitations"))
}
