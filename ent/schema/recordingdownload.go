package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// RecordingDownload notes that someone was given a link to a recording.
type RecordingDownload struct{ ent.Schema }

// Annotations of RecordingDownload.
func (RecordingDownload) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("recording_downloads")}
}

// Mixin of RecordingDownload.
func (RecordingDownload) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Owned{Resource: policy.Recording}}
}

// Fields of RecordingDownload.
func (RecordingDownload) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("recording_id", uuid.UUID{}).Immutable(),
		field.UUID("call_id", uuid.UUID{}).Immutable(),
		field.UUID("subject_id", uuid.UUID{}).Immutable(),
		field.UUID("decision_id", uuid.UUID{}).Immutable(),
		field.String("address").Optional().Nillable().Immutable(),
		field.String("user_agent").Optional().Nillable().Immutable(),
		field.Time("downloaded_at").Immutable(),
	}
}
