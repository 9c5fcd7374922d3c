package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// User is a login identity: one subject of one issuer.
type User struct{ ent.Schema }

// Annotations of User.
func (User) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("users")}
}

// Mixin of User.
func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Self{}}
}

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("issuer").Immutable(),
		field.String("subject").Immutable(),
		field.String("email").Immutable(),
		field.String("name").Immutable().Default(""),
		field.Enum("platform_kind").Values("support", "security", "auditor", "operator").Optional().Nillable().Immutable(),
	}
}
