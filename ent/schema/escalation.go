package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Escalation is a call, or a moment of one, that a person must look at.
type Escalation struct{ ent.Schema }

// Annotations of Escalation.
func (Escalation) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("escalations")}
}

// Mixin of Escalation.
func (Escalation) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Escalation}}
}

// Fields of Escalation.
func (Escalation) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("call_id", uuid.UUID{}).Optional().Nillable(),
		field.UUID("rule_id", uuid.UUID{}).Optional().Nillable(),
		field.String("tool_call_id").Optional().Nillable().Immutable(),
		field.String("reason").Optional().Nillable(),
		field.String("summary").Optional().Nillable(),
		field.Enum("urgency").Values("low", "medium", "high", "critical").Default("high"),
		field.Enum("status").Values("open", "acknowledged", "resolved").Default("open"),
		field.Time("raised_at"),
		field.Time("acknowledged_at").Optional().Nillable(),
		field.UUID("acknowledged_by", uuid.UUID{}).Optional().Nillable(),
		field.Time("resolved_at").Optional().Nillable(),
	}
}

// Edges of Escalation.
func (Escalation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("call", Call.Type).Ref("escalations").Field("call_id").Unique(),
		edge.To("rule", EscalationRule.Type).Field("rule_id").Unique(),
	}
}
