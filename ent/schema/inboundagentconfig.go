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

// InboundAgentConfig is how a clinic wants its inbound calls answered; one a clinic.
type InboundAgentConfig struct{ ent.Schema }

// Annotations of InboundAgentConfig.
func (InboundAgentConfig) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("inbound_agent_config")}
}

// Mixin of InboundAgentConfig.
func (InboundAgentConfig) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.InboundConfig}}
}

// Fields of InboundAgentConfig.
func (InboundAgentConfig) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("agent_id", uuid.UUID{}).Optional().Nillable(),
		field.UUID("phone_number_id", uuid.UUID{}).Optional().Nillable(),
		field.String("system_prompt").Optional().Nillable(),
		field.String("first_message").Default(""),
		field.String("voice").Default("Paige"),
		field.String("language").Default("en-US"),
		field.Int("max_call_seconds").Default(600),
		field.JSON("business_hours", map[string]any{}),
		field.Bool("enabled").Default(true),
	}
}

// Edges of InboundAgentConfig.
func (InboundAgentConfig) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("agent", Agent.Type).Field("agent_id").Unique(),
		edge.To("phone_number", PhoneNumber.Type).Field("phone_number_id").Unique(),
	}
}
