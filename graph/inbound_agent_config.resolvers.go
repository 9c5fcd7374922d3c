package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
)

// UpdateInboundAgentConfig is the resolver for the updateInboundAgentConfig field.
func (r *mutationResolver) UpdateInboundAgentConfig(ctx context.Context, input model.UpdateInboundAgentConfigInput) (*model.UpdateInboundAgentConfigPayload, error) {
	panic(fmt.Errorf("not implemented: UpdateInboundAgentConfig - updateInboundAgentConfig"))
}

// InboundAgentConfig is the resolver for the inboundAgentConfig field.
func (r *queryResolver) InboundAgentConfig(ctx context.Context) (*ent.InboundAgentConfig, error) {
	panic(fmt.Errorf("not implemented: InboundAgentConfig - inboundAgentConfig"))
}
