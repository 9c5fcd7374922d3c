package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/transcript"
	"github.com/voxanne/cascade/policy"
)

// Call is one telephone call and what came of it.
type Call struct{ ent.Schema }

// Annotations of Call.
func (Call) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("call_logs")}
}

// Mixin of Call.
func (Call) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Call}}
}

// Fields of Call.
func (Call) Fields() []ent.Field {
	return []ent.Field{
		field.String("provider").Immutable().Default("vapi"),
		field.String("provider_call_id").Immutable(),
		field.UUID("agent_id", uuid.UUID{}).Optional().Nillable(),
		field.UUID("contact_id", uuid.UUID{}).Optional().Nillable(),
		field.UUID("phone_number_id", uuid.UUID{}).Optional().Nillable(),
		field.Enum("direction").Values("inbound", "outbound", "web"),
		field.Enum("status").Values("queued", "ringing", "in_progress", "forwarding", "completed", "missed", "transferred", "voicemail", "failed", "cancelled", "unknown"),
		field.Int16("status_rank").Default(0),
		field.String("caller_number").Optional().Nillable(),
		field.String("caller_name").Optional().Nillable(),
		field.String("our_number").Optional().Nillable(),
		field.Time("started_at"),
		field.Time("ended_at").Optional().Nillable(),
		field.Int("duration_seconds").Optional().Nillable(),
		field.String("ended_reason").Optional().Nillable(),
		field.String("outcome").Optional().Nillable(),
		field.String("summary").Optional().Nillable(),
		field.JSON("transcript", []transcript.Turn{}).Optional(),
		field.Enum("sentiment").Values("positive", "neutral", "negative").Optional().Nillable(),
		field.Int("sentiment_score").Optional().Nillable(),
		field.String("sentiment_summary").Optional().Nillable(),
		field.Enum("urgency").Values("low", "medium", "high", "critical").Optional().Nillable(),
		field.JSON("structured_data", map[string]any{}).Optional(),
		field.Int64("cost_micros").Optional().Nillable(),
		field.String("currency").Default("USD"),
		field.Enum("recording_consent").Values("unknown", "granted", "refused").Default("unknown"),
		field.Enum("recording_state").Values("none", "pending", "stored", "failed", "refused").Default("none"),
		field.Bool("appointment_booked").Default(false),
		field.Bool("is_test").Default(false),
		field.String("search").Default(""),
		field.Time("reported_at").Optional().Nillable(),
		field.Time("provider_erased_at").Optional().Nillable(),
		field.Time("provider_erasure_failed_at").Optional().Nillable(),
	}
}

// Edges of Call.
func (Call) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("agent", Agent.Type).Ref("calls").Field("agent_id").Unique(),
		edge.From("contact", Contact.Type).Ref("calls").Field("contact_id").Unique(),
		edge.To("phone_number", PhoneNumber.Type).Field("phone_number_id").Unique(),
		edge.To("appointments", Appointment.Type),
		edge.To("escalations", Escalation.Type),
		edge.To("recordings", Recording.Type),
	}
}
