package graph

import (
	"errors"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/escalationrule"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// maxPriority is the last place a rule can have.
const maxPriority = 10_000

// escalationRuleOrder is the order of a list of rules, newest first.
func escalationRuleOrder() page.Order[ent.EscalationRule] {
	return page.Order[ent.EscalationRule]{
		Name: "created_at", Desc: true, Expr: page.Column(escalationrule.FieldCreatedAt),
		Key: func(r *ent.EscalationRule) any { return r.CreatedAt }, ID: func(r *ent.EscalationRule) uuid.UUID { return r.ID },
	}
}

// checkEscalationRule refuses what could not be meant. CreateEscalationRuleInput
// has the same fields.
func checkEscalationRule(in model.UpdateEscalationRuleInput) error {
	return errors.Join(
		checkNamed(text{"name", in.Name, 100}),
		checkE164("transferNumber", in.TransferNumber),
		checkRange("priority", in.Priority, 0, maxPriority),
		checkObject("triggerValue", in.TriggerValue),
	)
}

func updateEscalationRule(c *ent.Client, id uuid.UUID, in model.UpdateEscalationRuleInput) *ent.EscalationRuleUpdateOne {
	u := c.EscalationRule.UpdateOneID(id).
		SetNillableName(in.Name).SetNillableTrigger(in.Trigger).SetNillableTransferNumber(in.TransferNumber).
		SetNillablePriority(in.Priority).SetNillableEnabled(in.Enabled)
	if in.TriggerValue != nil {
		u.SetTriggerValue(in.TriggerValue)
	}
	return u
}

// orEmpty is an object for a column that has one in every row.
func orEmpty(object map[string]any) map[string]any {
	if object == nil {
		return map[string]any{}
	}
	return object
}
