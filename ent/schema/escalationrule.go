package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// EscalationRule says when a call goes to a person, and to whom.
type EscalationRule struct{ ent.Schema }

// Annotations of EscalationRule.
func (EscalationRule) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("escalation_rules")}
}

// Mixin of EscalationRule.
func (EscalationRule) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.EscalationRule}}
}

// Fields of EscalationRule.
func (EscalationRule) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.Enum("trigger").Values("wait_time", "sentiment", "keyword", "ai_request", "manual"),
		field.JSON("trigger_value", map[string]any{}),
		field.String("transfer_number"),
		field.Int("priority").Default(100),
		field.Bool("enabled").Default(true),
	}
}
