package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// TrustedDocument is a GraphQL document that first-party clients may name by hash.
type TrustedDocument struct{ ent.Schema }

// Annotations of TrustedDocument.
func (TrustedDocument) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("trusted_documents")}
}

// Mixin of TrustedDocument.
func (TrustedDocument) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Platform{Resource: policy.TrustedDocument}}
}

// Fields of TrustedDocument.
func (TrustedDocument) Fields() []ent.Field {
	return []ent.Field{
		field.String("sha256").Immutable(),
		field.String("name").Immutable(),
		field.String("body").Immutable(),
		field.Bool("active").Default(true),
	}
}
