package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Recording is the sound of a call, in our own store.
type Recording struct{ ent.Schema }

// Annotations of Recording.
func (Recording) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("recordings")}
}

// Mixin of Recording.
func (Recording) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Recording}}
}

// Fields of Recording.
func (Recording) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("call_id", uuid.UUID{}).Immutable(),
		field.Enum("kind").Values("stereo", "mono", "customer", "assistant").Immutable(),
		field.String("object_key").Optional().Nillable(),
		field.String("content_type").Default("audio/wav"),
		field.Int64("bytes").Default(0),
		field.String("sha256").Optional().Nillable(),
		field.Int("duration_seconds").Optional().Nillable(),
		field.Bool("legal_hold").Default(false),
		field.Time("stored_at"),
		field.Time("deleted_at").Optional().Nillable(),
	}
}

// Edges of Recording.
func (Recording) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("call", Call.Type).Ref("recordings").Field("call_id").Unique().Required().Immutable(),
	}
}
