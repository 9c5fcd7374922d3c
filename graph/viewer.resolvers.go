package graph

import (
	"context"
	"strings"

	"github.com/voxanne/cascade/ent/membership"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// Viewer is the resolver for the viewer field.
func (r *queryResolver) Viewer(ctx context.Context) (*model.Viewer, error) {
	out := decidedFrom(ctx)
	s := out.request.Subject
	v := &model.Viewer{
		ID: nodeid.Encode("user", s.ID), Kind: model.SubjectKind(strings.ToUpper(string(s.Kind))), Mfa: s.Credential.MFA,
		Memberships: make([]*model.ViewerMembership, len(s.Memberships)), Grants: make([]*model.ViewerGrant, len(s.Grants)),
	}
	for i, m := range s.Memberships {
		v.Memberships[i] = &model.ViewerMembership{
			OrganizationID: nodeid.Encode("organization", m.OrgID), Slug: m.Slug, Role: membership.Role(m.Role),
		}
	}
	for i, g := range s.Grants {
		v.Grants[i] = &model.ViewerGrant{
			OrganizationID: nodeid.Encode("organization", g.OrgID), Slug: g.Slug, Actions: words(g.Actions), Resources: words(g.Resources),
			ExpiresAt: g.Expires, Active: !g.Revoked && g.Status == policy.OrgActive && !out.now.Before(g.Starts) && out.now.Before(g.Expires),
		}
	}
	return v, nil
}
