package graph

import (
	"context"
	"strings"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/invitation"
	"github.com/voxanne/cascade/ent/membership"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// InviteMember is the resolver for the inviteMember field.
func (r *mutationResolver) InviteMember(ctx context.Context, input model.InviteMemberInput) (*model.InviteMemberPayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.Invitation)
	if err != nil {
		return nil, err
	}
	email := strings.ToLower(strings.TrimSpace(input.Email))
	if email == "" {
		return nil, fault.New(fault.BadUserInput, "email must be an address such as ann@example.com.").With("field", "email")
	}
	if err := checkEmail("email", &email); err != nil {
		return nil, err
	}
	if err := checkRoles(ctx, nobody, input.Role); err != nil {
		return nil, err
	}
	if err := r.makeRoom(ctx, email); err != nil {
		return nil, err
	}
	token, hash, err := newToken(r.Random)
	if err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).Invitation.Create().SetID(r.NewID()).SetOrgID(org).
		SetEmail(email).SetRole(invitation.Role(input.Role)).SetTokenHash(hash[:]).
		SetInvitedBy(decidedFrom(ctx).request.Subject.ID).SetExpiresAt(r.Now().Add(invitationLife)).Save(ctx)
	if err != nil {
		return nil, err
	}
	return &model.InviteMemberPayload{Invitation: shown(ctx, policy.Invitation, row), Token: token}, nil
}

// RevokeInvitation is the resolver for the revokeInvitation field.
func (r *mutationResolver) RevokeInvitation(ctx context.Context, id string) (*model.RevokeInvitationPayload, error) {
	row, err := idOf("invitation", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx).Invitation
	if err := client.Update().Where(invitation.ID(row), invitation.AcceptedAtIsNil(), invitation.RevokedAtIsNil()).
		SetRevokedAt(r.Now()).Exec(ctx); err != nil {
		return nil, err
	}
	now, err := current(ctx, r.Resolver, policy.Update, policy.Invitation, row, client.Get)
	if err != nil {
		return nil, err
	}
	if now.AcceptedAt != nil {
		return nil, fault.New(fault.Conflict, "This invitation was accepted. Remove the member instead.")
	}
	return &model.RevokeInvitationPayload{Invitation: now}, nil
}

// UpdateMember is the resolver for the updateMember field.
func (r *mutationResolver) UpdateMember(ctx context.Context, id string, role membership.Role) (*model.UpdateMemberPayload, error) {
	row, err := idOf("membership", id)
	if err != nil {
		return nil, err
	}
	org, err := theOrg(ctx, policy.Update, policy.MembershipRow)
	if err != nil {
		return nil, err
	}
	if err := lockMembers(ctx, org); err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx).Membership
	was, err := current(ctx, r.Resolver, policy.Update, policy.MembershipRow, row, client.Get)
	if err != nil {
		return nil, err
	}
	if err := checkRoles(ctx, was.Role, role); err != nil {
		return nil, err
	}
	changed, err := client.UpdateOneID(row).SetRole(role).Save(ctx)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.MembershipRow, row)
	}
	return &model.UpdateMemberPayload{Membership: shown(ctx, policy.MembershipRow, changed)}, nil
}

// RemoveMember is the resolver for the removeMember field.
func (r *mutationResolver) RemoveMember(ctx context.Context, id string) (*model.RemoveMemberPayload, error) {
	row, err := idOf("membership", id)
	if err != nil {
		return nil, err
	}
	org, err := theOrg(ctx, policy.Delete, policy.MembershipRow)
	if err != nil {
		return nil, err
	}
	if err := lockMembers(ctx, org); err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx).Membership
	was, err := current(ctx, r.Resolver, policy.Delete, policy.MembershipRow, row, client.Get)
	if err != nil {
		return nil, err
	}
	if err := checkRoles(ctx, was.Role, nobody); err != nil {
		return nil, err
	}
	if err := client.DeleteOneID(row).Exec(ctx); err != nil {
		return nil, r.absent(ctx, err, policy.Delete, policy.MembershipRow, row)
	}
	return &model.RemoveMemberPayload{DeletedID: id}, nil
}

// Members is the resolver for the members field.
func (r *queryResolver) Members(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Membership], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).Membership.Query(), args, membershipOrder())
}

// Invitations is the resolver for the invitations field.
func (r *queryResolver) Invitations(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.Invitation], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).Invitation.Query(), args, invitationOrder())
}
