package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Invitation asks a person to join a clinic. Its token is kept as a hash.
type Invitation struct{ ent.Schema }

// Annotations of Invitation.
func (Invitation) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("invitations")}
}

// Mixin of Invitation.
func (Invitation) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.Invitation}}
}

// Fields of Invitation.
func (Invitation) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").Optional().Nillable().Immutable(),
		field.Enum("role").Values("owner", "admin", "staff", "viewer").Immutable(),
		field.Bytes("token_hash").Immutable().Sensitive(),
		field.UUID("invited_by", uuid.UUID{}).Immutable(),
		field.Time("expires_at"),
		field.Time("accepted_at").Optional().Nillable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}
