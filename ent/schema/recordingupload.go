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

// RecordingUpload is a recording that waits to be brought in.
type RecordingUpload struct{ ent.Schema }

// Annotations of RecordingUpload.
func (RecordingUpload) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("recording_upload_queue")}
}

// Mixin of RecordingUpload.
func (RecordingUpload) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.RecordingQueue}}
}

// Fields of RecordingUpload.
func (RecordingUpload) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("call_id", uuid.UUID{}).Immutable(),
		field.Enum("source").Values("vapi", "twilio").Immutable(),
		field.Enum("kind").Values("stereo", "mono", "customer", "assistant").Immutable(),
		field.String("provider_ref").Immutable(),
		field.Enum("status").Values("pending", "leased", "done", "dead").Default("pending"),
		field.Int16("priority").Default(100),
		field.Int("attempt_count").Default(0),
		field.Int("max_attempts").Default(8),
		field.Time("next_attempt_at"),
		field.String("lease_owner").Optional().Nillable(),
		field.UUID("lease_token", uuid.UUID{}).Optional().Nillable(),
		field.Time("lease_expires_at").Optional().Nillable(),
		field.Time("deadline_at"),
		field.String("last_error_class").Optional().Nillable(),
		field.String("last_error").Optional().Nillable(),
	}
}

// Edges of RecordingUpload.
func (RecordingUpload) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("call", Call.Type).Field("call_id").Unique().Required().Immutable(),
	}
}
