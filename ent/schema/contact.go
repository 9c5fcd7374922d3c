package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// Contact is someone who called: a lead, until they are more.
type Contact struct{ ent.Schema }

// Annotations of Contact.
func (Contact) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("contacts")}
}

// Mixin of Contact.
func (Contact) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Contact}}
}

// Fields of Contact.
func (Contact) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Optional().Nillable(),
		field.String("phone").Optional().Nillable(),
		field.String("email").Optional().Nillable(),
		field.String("interest").Optional().Nillable(),
		field.String("preferred_time").Optional().Nillable(),
		field.String("notes").Optional().Nillable(),
		field.Enum("status").Values("new", "contacted", "qualified", "booked", "converted", "lost").Default("new"),
		field.Int("score").Default(0),
		field.String("search").Default(""),
		field.Time("last_contact_at").Optional().Nillable(),
	}
}

// Edges of Contact.
func (Contact) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("calls", Call.Type),
		edge.To("appointments", Appointment.Type),
	}
}
