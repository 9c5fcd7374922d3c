package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// CreateAgent is the resolver for the createAgent field.
func (r *mutationResolver) CreateAgent(ctx context.Context, input model.CreateAgentInput) (*model.CreateAgentPayload, error) {
	panic(fmt.Errorf("not implemented: CreateAgent - createAgent"))
}

// UpdateAgent is the resolver for the updateAgent field.
func (r *mutationResolver) UpdateAgent(ctx context.Context, id string, input model.UpdateAgentInput) (*model.UpdateAgentPayload, error) {
	panic(fmt.Errorf("not implemented: UpdateAgent - updateAgent"))
}

// RetireAgent is the resolver for the retireAgent field.
func (r *mutationResolver) RetireAgent(ctx context.Context, id string) (*model.RetireAgentPayload, error) {
	panic(fmt.Errorf("not implemented: RetireAgent - retireAgent"))
}

// Agents is the resolver for the agents field.
func (r *queryResolver) Agents(ctx context.Context, first *int, after *string, last *int, before *string, where *model.AgentWhere) (*page.Connection[ent.Agent], error) {
	panic(fmt.Errorf("not implemented: Agents - agents"))
}

// Agent is the resolver for the agent field.
func (r *queryResolver) Agent(ctx context.Context, id string) (*ent.Agent, error) {
	panic(fmt.Errorf("not implemented: Agent - agent"))
}
