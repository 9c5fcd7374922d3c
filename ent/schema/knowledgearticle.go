package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// KnowledgeArticle is a text that the assistant may draw on.
type KnowledgeArticle struct{ ent.Schema }

// Annotations of KnowledgeArticle.
func (KnowledgeArticle) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("knowledge_base")}
}

// Mixin of KnowledgeArticle.
func (KnowledgeArticle) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.KnowledgeArticle}}
}

// Fields of KnowledgeArticle.
func (KnowledgeArticle) Fields() []ent.Field {
	return []ent.Field{
		field.String("title"),
		field.Enum("category").Values("products_services", "operations", "ai_guidelines", "general", "pricing", "company_info").Default("general"),
		field.String("content"),
		field.String("language").Default("en"),
		field.Int("version").Default(1),
		field.Bool("active").Default(true),
		field.Time("retired_at").Optional().Nillable(),
	}
}
