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

// FailedRecordingUpload is a dead letter: a recording that could not be brought in.
type FailedRecordingUpload struct{ ent.Schema }

// Annotations of FailedRecordingUpload.
func (FailedRecordingUpload) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("failed_recording_uploads")}
}

// Mixin of FailedRecordingUpload.
func (FailedRecordingUpload) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.RecordingQueue}}
}

// Fields of FailedRecordingUpload.
func (FailedRecordingUpload) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("queue_id", uuid.UUID{}).Immutable(),
		field.UUID("call_id", uuid.UUID{}).Immutable(),
		field.String("error_class"),
		field.String("error").Default(""),
		field.Int("attempts"),
		field.Time("first_failed_at"),
		field.Time("last_failed_at"),
		field.Time("next_retry_at").Optional().Nillable(),
		field.Time("resolved_at").Optional().Nillable(),
		field.UUID("resolved_by", uuid.UUID{}).Optional().Nillable(),
		field.Enum("resolution").Values("requeued", "recovered", "discarded").Optional().Nillable(),
	}
}

// Edges of FailedRecordingUpload.
func (FailedRecordingUpload) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("upload", RecordingUpload.Type).Field("queue_id").Unique().Required().Immutable(),
		edge.To("call", Call.Type).Field("call_id").Unique().Required().Immutable(),
	}
}
