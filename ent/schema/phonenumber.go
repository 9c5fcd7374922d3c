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

// PhoneNumber is a number on which a clinic is called.
type PhoneNumber struct{ ent.Schema }

// Annotations of PhoneNumber.
func (PhoneNumber) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("phone_numbers")}
}

// Mixin of PhoneNumber.
func (PhoneNumber) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.PhoneNumber}}
}

// Fields of PhoneNumber.
func (PhoneNumber) Fields() []ent.Field {
	return []ent.Field{
		field.String("e164").Immutable(),
		field.String("label").Default(""),
		field.Enum("provider").Values("twilio", "vapi", "vonage", "telnyx").Immutable().Default("twilio"),
		field.String("provider_number_id").Optional().Nillable(),
		field.String("country").Immutable().Default("US"),
		field.Enum("status").Values("active", "inactive", "released").Default("active"),
		field.UUID("agent_id", uuid.UUID{}).Optional().Nillable(),
		field.Int64("monthly_cost_minor").Default(0),
		field.String("currency").Immutable().Default("USD"),
		field.Time("released_at").Optional().Nillable(),
	}
}

// Edges of PhoneNumber.
func (PhoneNumber) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("agent", Agent.Type).Field("agent_id").Unique(),
	}
}
