package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// Organization is a clinic, a partner or the platform itself.
type Organization struct{ ent.Schema }

// Annotations of Organization.
func (Organization) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("organizations")}
}

// Mixin of Organization.
func (Organization) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Platform{Resource: policy.Organization}}
}

// Fields of Organization.
func (Organization) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").Values("clinic", "partner", "platform").Immutable(),
		field.String("name"),
		field.String("slug").Immutable(),
		field.Enum("status").Values("active", "suspended", "closed").Immutable().Default("active"),
		field.String("plan").Immutable().Default("starter"),
		field.String("timezone").Default("UTC"),
		field.String("region").Immutable().Default("us"),
		field.String("locale").Default("en-US"),
		field.Bool("viewers_see_transcripts").Default(false),
		field.Int("requests_per_minute").Optional().Nillable().Immutable(),
		field.Int("cost_per_hour").Optional().Nillable().Immutable(),
	}
}
