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

// Appointment is a time that a contact was given.
type Appointment struct{ ent.Schema }

// Annotations of Appointment.
func (Appointment) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("appointments")}
}

// Mixin of Appointment.
func (Appointment) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Appointment}}
}

// Fields of Appointment.
func (Appointment) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("contact_id", uuid.UUID{}).Optional().Nillable(),
		field.UUID("call_id", uuid.UUID{}).Optional().Nillable(),
		field.String("tool_call_id").Optional().Nillable().Immutable(),
		field.String("service").Optional().Nillable(),
		field.Time("starts_at"),
		field.Int("duration_minutes").Default(30),
		field.Enum("status").Values("pending", "confirmed", "in_progress", "completed", "cancelled", "no_show").Default("confirmed"),
		field.String("notes").Optional().Nillable(),
		field.Time("cancelled_at").Optional().Nillable(),
		field.String("calendar").Optional().Nillable(),
		field.Int("buffer_minutes").Default(0),
	}
}

// Edges of Appointment.
func (Appointment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("contact", Contact.Type).Ref("appointments").Field("contact_id").Unique(),
		edge.From("call", Call.Type).Ref("appointments").Field("call_id").Unique(),
	}
}
