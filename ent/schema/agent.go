package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// Agent is an assistant that speaks on the phone for a clinic.
type Agent struct{ ent.Schema }

// Annotations of Agent.
func (Agent) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("agents")}
}

// Mixin of Agent.
func (Agent) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Agent}}
}

// Fields of Agent.
func (Agent) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.Enum("role").Values("inbound", "outbound").Immutable(),
		field.String("system_prompt").Optional().Nillable(),
		field.String("first_message").Default(""),
		field.String("model").Default("gpt-4o"),
		field.String("voice").Default("Paige"),
		field.String("language").Default("en-US"),
		field.Int("max_call_seconds").Default(600),
		field.String("provider_assistant_id").Optional().Nillable(),
		field.Bool("active").Default(true),
		field.Time("retired_at").Optional().Nillable(),
	}
}

// Edges of Agent.
func (Agent) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("calls", Call.Type),
	}
}
