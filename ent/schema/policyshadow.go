package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// PolicyShadow is what a node's shadow would have said so far.
type PolicyShadow struct{ ent.Schema }

// Annotations of PolicyShadow.
func (PolicyShadow) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("policy_shadows")}
}

// Mixin of PolicyShadow.
func (PolicyShadow) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Platform{Resource: policy.PolicyRevision}}
}

// Fields of PolicyShadow.
func (PolicyShadow) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("revision_id", uuid.UUID{}).Immutable(),
		field.String("node").Immutable(),
		field.Int64("compared"),
		field.Int64("differing"),
		field.Int64("dropped"),
		field.JSON("groups", []map[string]any{}),
	}
}
