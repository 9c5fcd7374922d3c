package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/policy"
)

// AccessGrant is what a clinic lets a partner do, until when, and with which masks.
type AccessGrant struct{ ent.Schema }

// Annotations of AccessGrant.
func (AccessGrant) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("access_grants")}
}

// Mixin of AccessGrant.
func (AccessGrant) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.AccessGrant}}
}

// Fields of AccessGrant.
func (AccessGrant) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("partner_id", uuid.UUID{}).Immutable(),
		field.Other("actions", pgarray.Text{}).SchemaType(textArray).Immutable(),
		field.Other("resources", pgarray.Text{}).SchemaType(textArray).Immutable(),
		field.JSON("masks", map[policy.Resource][]string{}).Immutable(),
		field.String("purpose").Immutable(),
		field.Time("starts_at").Immutable().Default(time.Now),
		field.Time("expires_at"),
		field.Time("revoked_at").Optional().Nillable(),
		field.UUID("created_by", uuid.UUID{}).Immutable(),
	}
}
