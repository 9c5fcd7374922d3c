package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/policy"
)

// APIKey is a credential of an organization. Only its hash is kept.
type APIKey struct{ ent.Schema }

// Annotations of APIKey.
func (APIKey) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("api_keys")}
}

// Mixin of APIKey.
func (APIKey) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.APIKey}}
}

// Fields of APIKey.
func (APIKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("public_id").Immutable(),
		field.Bytes("hash").Immutable().Sensitive(),
		field.String("last_four").Immutable(),
		field.Other("scopes", pgarray.Text{}).SchemaType(textArray).Immutable(),
		field.UUID("created_by", uuid.UUID{}).Immutable(),
		field.Time("expires_at").Optional().Nillable(),
		field.Time("revoked_at").Optional().Nillable(),
		field.Time("last_used_at").Optional().Nillable().Immutable(),
	}
}
