package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// OrphanedRecording is an object without a row, or a row without its object.
type OrphanedRecording struct{ ent.Schema }

// Annotations of OrphanedRecording.
func (OrphanedRecording) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("orphaned_recordings")}
}

// Mixin of OrphanedRecording.
func (OrphanedRecording) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.RecordingQueue}}
}

// Fields of OrphanedRecording.
func (OrphanedRecording) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").Values("object_without_row", "row_without_object", "incomplete_multipart").Immutable(),
		field.String("storage_path").Immutable(),
		field.String("etag").Optional().Nillable(),
		field.Int64("size_bytes").Default(0),
		field.Time("detected_at"),
		field.Time("confirmed_at").Optional().Nillable(),
		field.Time("delete_after").Optional().Nillable(),
		field.Time("deleted_at").Optional().Nillable(),
		field.UUID("deleted_by", uuid.UUID{}).Optional().Nillable(),
		field.String("reason").Optional().Nillable(),
	}
}
