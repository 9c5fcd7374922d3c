package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/agent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// CreateAgent is the resolver for the createAgent field.
func (r *mutationResolver) CreateAgent(ctx context.Context, input model.CreateAgentInput) (*model.CreateAgentPayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.Agent)
	if err != nil {
		return nil, err
	}
	if err := checkAgent(model.UpdateAgentInput{
		Name: &input.Name, SystemPrompt: input.SystemPrompt, FirstMessage: input.FirstMessage, Model: input.Model,
		Voice: input.Voice, Language: input.Language, MaxCallSeconds: input.MaxCallSeconds,
	}); err != nil {
		return nil, err
	}
	row, err := createAgent(ent.FromContext(ctx), org, input).SetID(r.NewID()).Save(ctx)
	if err != nil {
		return nil, err
	}
	return &model.CreateAgentPayload{Agent: shown(ctx, policy.Agent, row)}, nil
}

// UpdateAgent is the resolver for the updateAgent field.
func (r *mutationResolver) UpdateAgent(ctx context.Context, id string, input model.UpdateAgentInput) (*model.UpdateAgentPayload, error) {
	if err := checkAgent(input); err != nil {
		return nil, err
	}
	agentID, err := idOf("agent", id)
	if err != nil {
		return nil, err
	}
	row, err := updateAgent(ent.FromContext(ctx), agentID, input).Save(ctx)
	if err != nil {
		return nil, r.agentAbsent(ctx, err, agentID)
	}
	return &model.UpdateAgentPayload{Agent: shown(ctx, policy.Agent, row)}, nil
}

// RetireAgent is the resolver for the retireAgent field.
func (r *mutationResolver) RetireAgent(ctx context.Context, id string) (*model.RetireAgentPayload, error) {
	agentID, err := idOf("agent", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx)
	_, err = client.Agent.Update().Where(agent.ID(agentID), agent.RetiredAtIsNil()).SetActive(false).SetRetiredAt(r.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	row, err := client.Agent.Get(ctx, agentID)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.Agent, agentID)
	}
	return &model.RetireAgentPayload{Agent: row}, nil
}

// Agents is the resolver for the agents field.
func (r *queryResolver) Agents(ctx context.Context, first *int, after *string, last *int, before *string, where *model.AgentWhere) (*page.Connection[ent.Agent], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, filterAgents(ent.FromContext(ctx).Agent.Query(), where), args, agentOrder(), func(q *ent.AgentQuery) {
		q.Select(agentColumns(ctx, askedFields(ctx, inList...))...)
	})
}

// Agent is the resolver for the agent field.
func (r *queryResolver) Agent(ctx context.Context, id string) (*ent.Agent, error) {
	return find(ctx, r.Resolver, "agent", policy.Agent, id, func(ctx context.Context, id uuid.UUID) (*ent.Agent, error) {
		q := ent.FromContext(ctx).Agent.Query().Where(agent.ID(id))
		q.Select(agentColumns(ctx, askedFields(ctx))...)
		return q.Only(ctx)
	})
}
