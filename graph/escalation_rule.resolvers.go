package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// CreateEscalationRule is the resolver for the createEscalationRule field.
func (r *mutationResolver) CreateEscalationRule(ctx context.Context, input model.CreateEscalationRuleInput) (*model.CreateEscalationRulePayload, error) {
	panic(fmt.Errorf("not implemented: CreateEscalationRule - createEscalationRule"))
}

// UpdateEscalationRule is the resolver for the updateEscalationRule field.
func (r *mutationResolver) UpdateEscalationRule(ctx context.Context, id string, input model.UpdateEscalationRuleInput) (*model.UpdateEscalationRulePayload, error) {
	panic(fmt.Errorf("not implemented: UpdateEscalationRule - updateEscalationRule"))
}

// DeleteEscalationRule is the resolver for the deleteEscalationRule field.
func (r *mutationResolver) DeleteEscalationRule(ctx context.Context, id string) (*model.DeleteEscalationRulePayload, error) {
	panic(fmt.Errorf("not implemented: DeleteEscalationRule - deleteEscalationRule"))
}

// EscalationRules is the resolver for the escalationRules field.
func (r *queryResolver) EscalationRules(ctx context.Context, first *int, after *string, last *int, before *string) (*page.Connection[ent.EscalationRule], error) {
	panic(fmt.Errorf("not implemented: EscalationRules - escalationRules"))
}
