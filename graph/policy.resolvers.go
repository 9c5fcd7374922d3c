package graph

import (
	"context"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/ent/policyapproval"
	"github.com/voxanne/cascade/ent/policyshadow"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// ProposePolicy is the resolver for the proposePolicy field.
func (r *mutationResolver) ProposePolicy(ctx context.Context, input model.ProposePolicyInput) (*model.ProposePolicyPayload, error) {
	policies, err := r.policies()
	if err != nil {
		return nil, err
	}
	files, err := policyFiles(input.Files)
	if err != nil {
		return nil, err
	}
	id, err := policies.Propose(ctx, txFrom(ctx), files, decidedFrom(ctx).request.Subject.ID, input.Note)
	if err != nil {
		return nil, err
	}
	row, err := r.policyRevision(ctx, id)
	return &model.ProposePolicyPayload{PolicyRevision: row}, err
}

// ReviewPolicy is the resolver for the reviewPolicy field.
func (r *mutationResolver) ReviewPolicy(ctx context.Context, id string) (*model.ReviewPolicyPayload, error) {
	policies, err := r.policies()
	if err != nil {
		return nil, err
	}
	row, err := idOf("policy_revision", id)
	if err != nil {
		return nil, err
	}
	revision, err := r.policyRevision(ctx, row)
	if err != nil {
		return nil, err
	}
	if err := policies.Review(ctx, row, revision.Bundle); err != nil {
		return nil, err
	}
	return &model.ReviewPolicyPayload{PolicyRevision: revision}, nil
}

// ApprovePolicy is the resolver for the approvePolicy field.
func (r *mutationResolver) ApprovePolicy(ctx context.Context, id string, note string) (*model.JudgePolicyPayload, error) {
	return r.judgePolicy(ctx, id, true, note)
}

// RejectPolicy is the resolver for the rejectPolicy field.
func (r *mutationResolver) RejectPolicy(ctx context.Context, id string, note string) (*model.JudgePolicyPayload, error) {
	return r.judgePolicy(ctx, id, false, note)
}

// ShadowPolicy is the resolver for the shadowPolicy field.
func (r *mutationResolver) ShadowPolicy(ctx context.Context, id string) (*model.MovePolicyPayload, error) {
	return r.movePolicy(ctx, id, "shadow", 0, "")
}

// CanaryPolicy is the resolver for the canaryPolicy field.
func (r *mutationResolver) CanaryPolicy(ctx context.Context, id string, percent int) (*model.MovePolicyPayload, error) {
	return r.movePolicy(ctx, id, "canary", percent, "")
}

// ActivatePolicy is the resolver for the activatePolicy field.
func (r *mutationResolver) ActivatePolicy(ctx context.Context, id string) (*model.MovePolicyPayload, error) {
	return r.movePolicy(ctx, id, "active", 0, "")
}

// WithdrawPolicy is the resolver for the withdrawPolicy field.
func (r *mutationResolver) WithdrawPolicy(ctx context.Context, id string, why string) (*model.MovePolicyPayload, error) {
	return r.movePolicy(ctx, id, "reviewed", 0, why)
}

// RollbackPolicy is the resolver for the rollbackPolicy field.
func (r *mutationResolver) RollbackPolicy(ctx context.Context, why string) (*model.RollbackPolicyPayload, error) {
	policies, err := r.policies()
	if err != nil {
		return nil, err
	}
	if err := policies.Rollback(ctx, txFrom(ctx), decidedFrom(ctx).request.Subject.ID, why); err != nil {
		return nil, err
	}
	return &model.RollbackPolicyPayload{RunningPolicy: runningPolicy(policies)}, nil
}

// ApproverID is the resolver for the approverId field.
func (r *policyApprovalResolver) ApproverID(ctx context.Context, obj *ent.PolicyApproval) (string, error) {
	return nodeid.Encode("user", obj.ApproverID), nil
}

// Percent is the resolver for the percent field.
func (r *policyRevisionResolver) Percent(ctx context.Context, obj *ent.PolicyRevision) (int, error) {
	return int(obj.Percent), nil
}

// AuthorID is the resolver for the authorId field.
func (r *policyRevisionResolver) AuthorID(ctx context.Context, obj *ent.PolicyRevision) (string, error) {
	return nodeid.Encode("user", obj.AuthorID), nil
}

// Approvals is the resolver for the approvals field.
func (r *policyRevisionResolver) Approvals(ctx context.Context, obj *ent.PolicyRevision) ([]*ent.PolicyApproval, error) {
	return ent.FromContext(ctx).PolicyApproval.Query().Where(policyapproval.RevisionID(obj.ID)).
		Order(policyapproval.ByCreatedAt()).All(ctx)
}

// Shadows is the resolver for the shadows field.
func (r *policyRevisionResolver) Shadows(ctx context.Context, obj *ent.PolicyRevision) ([]*ent.PolicyShadow, error) {
	return ent.FromContext(ctx).PolicyShadow.Query().Where(policyshadow.RevisionID(obj.ID)).
		Order(policyshadow.ByNode()).All(ctx)
}

// Files is the resolver for the files field.
func (r *policyRevisionResolver) Files(ctx context.Context, obj *ent.PolicyRevision) ([]*model.PolicyFile, error) {
	policies, err := r.policies()
	if err != nil {
		return nil, err
	}
	files, err := policies.Files(obj.Bundle)
	if err != nil {
		return nil, err
	}
	return readFiles(files)
}

// PolicyRevisions is the resolver for the policyRevisions field.
func (r *queryResolver) PolicyRevisions(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.PolicyRevision], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).PolicyRevision.Query(), args, policyRevisionOrder())
}

// RunningPolicy is the resolver for the runningPolicy field.
func (r *queryResolver) RunningPolicy(ctx context.Context) (*model.RunningPolicy, error) {
	policies, err := r.policies()
	if err != nil {
		return nil, err
	}
	return runningPolicy(policies), nil
}

// PolicyApproval returns generated.PolicyApprovalResolver implementation.
func (r *Resolver) PolicyApproval() generated.PolicyApprovalResolver {
	return &policyApprovalResolver{r}
}

// PolicyRevision returns generated.PolicyRevisionResolver implementation.
func (r *Resolver) PolicyRevision() generated.PolicyRevisionResolver {
	return &policyRevisionResolver{r}
}

type (
	policyApprovalResolver struct{ *Resolver }
	policyRevisionResolver struct{ *Resolver }
)
