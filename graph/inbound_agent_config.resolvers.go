package graph

import (
	"context"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/inboundagentconfig"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// UpdateInboundAgentConfig is the resolver for the updateInboundAgentConfig field.
func (r *mutationResolver) UpdateInboundAgentConfig(ctx context.Context, input model.UpdateInboundAgentConfigInput) (*model.UpdateInboundAgentConfigPayload, error) {
	org, err := theOrg(ctx, policy.Update, policy.InboundConfig)
	if err != nil {
		return nil, err
	}
	if err := checkInbound(input); err != nil {
		return nil, err
	}
	agentID, err := optionalID("agent", input.AgentID)
	if err != nil {
		return nil, err
	}
	numberID, err := optionalID("phone_number", input.PhoneNumberID)
	if err != nil {
		return nil, err
	}
	if err := agentInService(ctx, agentID); err != nil {
		return nil, err
	}
	if err := numberInService(ctx, numberID); err != nil {
		return nil, err
	}
	id, err := r.inboundConfig(ctx, org)
	if err != nil {
		return nil, err
	}
	row, err := updateInbound(ctx, id, input, agentID, numberID).Save(ctx)
	if err != nil {
		return nil, r.dangling(ctx, err, need{policy.Update, policy.InboundConfig},
			reference{policy.Agent, agentID}, reference{policy.PhoneNumber, numberID})
	}
	return &model.UpdateInboundAgentConfigPayload{InboundAgentConfig: shown(ctx, policy.InboundConfig, row)}, nil
}

// InboundAgentConfig is the resolver for the inboundAgentConfig field.
func (r *queryResolver) InboundAgentConfig(ctx context.Context) (*ent.InboundAgentConfig, error) {
	org, err := theOrg(ctx, policy.Read, policy.InboundConfig)
	if err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).InboundAgentConfig.Query().Where(inboundagentconfig.OrgID(org)).Only(ctx)
	return row, ent.MaskNotFound(err)
}
