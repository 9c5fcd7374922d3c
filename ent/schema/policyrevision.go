package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// PolicyRevision is one version of the policy and how far it has come.
type PolicyRevision struct{ ent.Schema }

// Annotations of PolicyRevision.
func (PolicyRevision) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("policy_revisions")}
}

// Mixin of PolicyRevision.
func (PolicyRevision) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Platform{Resource: policy.PolicyRevision}}
}

// Fields of PolicyRevision.
func (PolicyRevision) Fields() []ent.Field {
	return []ent.Field{
		field.String("revision").Immutable(),
		field.Int64("sequence"),
		field.Enum("state").Values("draft", "reviewed", "shadow", "canary", "active", "retired"),
		field.Bytes("bundle"),
		field.JSON("report", map[string]any{}),
		field.UUID("author_id", uuid.UUID{}),
		field.String("note").Default(""),
		field.Time("expires_at").Optional().Nillable(),
		field.Time("activated_at").Optional().Nillable(),
		field.String("base").Default(""),
		field.Bool("widens").Default(false),
		field.Int16("percent").Default(0),
		field.Time("reviewed_at").Optional().Nillable(),
		field.Time("moved_at").Optional().Nillable(),
		field.UUID("moved_by", uuid.UUID{}).Optional().Nillable(),
		field.String("moved_why").Default(""),
	}
}
