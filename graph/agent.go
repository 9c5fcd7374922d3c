package graph

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/agent"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// The bounds of what an assistant says and how long, as migrations have them.
const (
	maxPrompt       = 20_000 // characters
	maxFirstMessage = 2_000
	leastCall       = 30 // seconds
	mostCall        = 7_200
)

// agentOrder is the order of a list of agents, newest first.
func agentOrder() page.Order[ent.Agent] {
	return page.Order[ent.Agent]{
		Name: "created_at", Desc: true, Expr: page.Column(agent.FieldCreatedAt),
		Key: func(a *ent.Agent) any { return a.CreatedAt }, ID: func(a *ent.Agent) uuid.UUID { return a.ID },
	}
}

func filterAgents(q *ent.AgentQuery, w *model.AgentWhere) *ent.AgentQuery {
	if w == nil || w.IncludeRetired == nil || !*w.IncludeRetired {
		q = q.Where(agent.RetiredAtIsNil())
	}
	if w != nil && w.Role != nil {
		q = q.Where(agent.RoleEQ(*w.Role))
	}
	if w != nil && w.Active != nil {
		q = q.Where(agent.Active(*w.Active))
	}
	return q
}

// lightColumns are the columns without those of heavy that nobody asked for, or
// that are hidden: their values lie outside the row, and are not read at all.
func lightColumns(ctx context.Context, r policy.Resource, all []string, heavy map[string]string, asked map[string]bool) []string {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return nil
	}
	hidden := scope.Masked(r)
	columns := make([]string, 0, len(all))
	for _, c := range all {
		field, isHeavy := heavy[c]
		if (!isHeavy || asked[field]) && !slices.Contains(hidden, c) {
			columns = append(columns, c)
		}
	}
	return columns
}

func agentColumns(ctx context.Context, asked map[string]bool) []string {
	return lightColumns(ctx, policy.Agent, agent.Columns, map[string]string{agent.FieldSystemPrompt: "systemPrompt"}, asked)
}

// checkAgent refuses what could not be meant. CreateAgentInput has the same
// fields.
func checkAgent(in model.UpdateAgentInput) error {
	return errors.Join(
		checkNamed(text{"name", in.Name, 100}, text{"model", in.Model, 100}, text{"voice", in.Voice, 100}),
		checkPlain(text{"systemPrompt", in.SystemPrompt, maxPrompt}, text{"firstMessage", in.FirstMessage, maxFirstMessage}),
		checkLanguage(in.Language),
		checkRange("maxCallSeconds", in.MaxCallSeconds, leastCall, mostCall),
	)
}

func createAgent(c *ent.Client, org uuid.UUID, in model.CreateAgentInput) *ent.AgentCreate {
	return c.Agent.Create().SetOrgID(org).SetName(in.Name).SetRole(in.Role).
		SetNillableSystemPrompt(given(in.SystemPrompt)).SetNillableFirstMessage(in.FirstMessage).SetNillableModel(in.Model).
		SetNillableVoice(in.Voice).SetNillableLanguage(in.Language).SetNillableMaxCallSeconds(in.MaxCallSeconds)
}

// updateAgent changes an agent that is in service; a retired one is not found.
func updateAgent(c *ent.Client, id uuid.UUID, in model.UpdateAgentInput) *ent.AgentUpdateOne {
	u := c.Agent.UpdateOneID(id).Where(agent.RetiredAtIsNil()).
		SetNillableName(in.Name).SetNillableFirstMessage(in.FirstMessage).SetNillableModel(in.Model).
		SetNillableVoice(in.Voice).SetNillableLanguage(in.Language).SetNillableMaxCallSeconds(in.MaxCallSeconds).
		SetNillableActive(in.Active)
	put(in.SystemPrompt, u.SetSystemPrompt, u.ClearSystemPrompt)
	return u
}

// agentAbsent tells an agent that is retired, which is no secret to its clinic,
// from one that is not there.
func (r *Resolver) agentAbsent(ctx context.Context, err error, id uuid.UUID) error {
	if ent.IsNotFound(err) {
		there, found := ent.FromContext(ctx).Agent.Query().Where(agent.ID(id)).Exist(ctx)
		if found == nil && there {
			return fault.New(fault.Conflict, "This agent is retired and stays as it is. Create a new one.")
		}
	}
	return r.absent(ctx, err, policy.Update, policy.Agent, id)
}

// agentInService refuses to put a retired agent to work. One that is not there
// is left to the foreign key, which sees what this scope may not.
func agentInService(ctx context.Context, id *uuid.UUID) error {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil || id == nil || !scope.May(policy.Read, policy.Agent) {
		return err
	}
	retired, err := ent.FromContext(ctx).Agent.Query().Where(agent.ID(*id), agent.RetiredAtNotNil()).Exist(ctx)
	if err == nil && retired {
		return fault.New(fault.Conflict, "This agent is retired. Choose one that is in service.").With("field", "agentId")
	}
	return err
}
