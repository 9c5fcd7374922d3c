package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// RecordingUploadMetric is how one attempt to bring a recording in went.
type RecordingUploadMetric struct{ ent.Schema }

// Annotations of RecordingUploadMetric.
func (RecordingUploadMetric) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("recording_upload_metrics")}
}

// Mixin of RecordingUploadMetric.
func (RecordingUploadMetric) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.RecordingQueue}}
}

// Fields of RecordingUploadMetric.
func (RecordingUploadMetric) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("queue_id", uuid.UUID{}).Immutable(),
		field.UUID("call_id", uuid.UUID{}).Immutable(),
		field.Int("attempt_no").Immutable(),
		field.Enum("status").Values("success", "failure").Immutable(),
		field.Int("download_ms").Immutable().Default(0),
		field.Int("upload_ms").Immutable().Default(0),
		field.Int64("bytes").Immutable().Default(0),
		field.String("error_class").Optional().Nillable().Immutable(),
	}
}
