package graph

import (
	"context"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// CreateEscalationRule is the resolver for the createEscalationRule field.
func (r *mutationResolver) CreateEscalationRule(ctx context.Context, input model.CreateEscalationRuleInput) (*model.CreateEscalationRulePayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.EscalationRule)
	if err != nil {
		return nil, err
	}
	if err := checkEscalationRule(model.UpdateEscalationRuleInput{
		Name: &input.Name, TriggerValue: input.TriggerValue, TransferNumber: &input.TransferNumber, Priority: input.Priority,
	}); err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).EscalationRule.Create().SetID(r.NewID()).SetOrgID(org).
		SetName(input.Name).SetTrigger(input.Trigger).SetTriggerValue(orEmpty(input.TriggerValue)).
		SetTransferNumber(input.TransferNumber).SetNillablePriority(input.Priority).Save(ctx)
	if err != nil {
		return nil, err
	}
	return &model.CreateEscalationRulePayload{EscalationRule: shown(ctx, policy.EscalationRule, row)}, nil
}

// UpdateEscalationRule is the resolver for the updateEscalationRule field.
func (r *mutationResolver) UpdateEscalationRule(ctx context.Context, id string, input model.UpdateEscalationRuleInput) (*model.UpdateEscalationRulePayload, error) {
	if err := checkEscalationRule(input); err != nil {
		return nil, err
	}
	ruleID, err := idOf("escalation_rule", id)
	if err != nil {
		return nil, err
	}
	row, err := updateEscalationRule(ent.FromContext(ctx), ruleID, input).Save(ctx)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.EscalationRule, ruleID)
	}
	return &model.UpdateEscalationRulePayload{EscalationRule: shown(ctx, policy.EscalationRule, row)}, nil
}

// DeleteEscalationRule is the resolver for the deleteEscalationRule field.
func (r *mutationResolver) DeleteEscalationRule(ctx context.Context, id string) (*model.DeleteEscalationRulePayload, error) {
	ruleID, err := idOf("escalation_rule", id)
	if err != nil {
		return nil, err
	}
	if err := ent.FromContext(ctx).EscalationRule.DeleteOneID(ruleID).Exec(ctx); err != nil {
		return nil, r.absent(ctx, err, policy.Delete, policy.EscalationRule, ruleID)
	}
	return &model.DeleteEscalationRulePayload{DeletedID: id}, nil
}

// EscalationRules is the resolver for the escalationRules field.
func (r *queryResolver) EscalationRules(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.EscalationRule], error) {
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, ent.FromContext(ctx).EscalationRule.Query(), args, escalationRuleOrder())
}
