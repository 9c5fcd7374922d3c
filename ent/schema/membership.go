package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Membership says that a person belongs to a clinic, and as what.
type Membership struct{ ent.Schema }

// Annotations of Membership.
func (Membership) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("memberships")}
}

// Mixin of Membership.
func (Membership) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.MembershipRow}}
}

// Fields of Membership.
func (Membership) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.Enum("role").Values("owner", "admin", "staff", "viewer"),
		field.String("email").Optional().Nillable(),
		field.String("name").Optional().Nillable(),
	}
}
