package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// AcknowledgeEscalation is the resolver for the acknowledgeEscalation field.
func (r *mutationResolver) AcknowledgeEscalation(ctx context.Context, id string) (*model.AcknowledgeEscalationPayload, error) {
	panic(fmt.Errorf("not implemented: AcknowledgeEscalation - acknowledgeEscalation"))
}

// ResolveEscalation is the resolver for the resolveEscalation field.
func (r *mutationResolver) ResolveEscalation(ctx context.Context, id string) (*model.ResolveEscalationPayload, error) {
	panic(fmt.Errorf("not implemented: ResolveEscalation - resolveEscalation"))
}

// Escalations is the resolver for the escalations field.
func (r *queryResolver) Escalations(ctx context.Context, first *int, after *string, last *int, before *string, where *model.EscalationWhere) (*page.Connection[ent.Escalation], error) {
	panic(fmt.Errorf("not implemented: Escalations - escalations"))
}

// Escalation is the resolver for the escalation field.
func (r *queryResolver) Escalation(ctx context.Context, id string) (*ent.Escalation, error) {
	panic(fmt.Errorf("not implemented: Escalation - escalation"))
}
