package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// Integration connects a clinic to a provider. Its secrets are sealed before they
// come here and never leave again.
type Integration struct{ ent.Schema }

// Annotations of Integration.
func (Integration) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("integrations")}
}

// Mixin of Integration.
func (Integration) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Integration}}
}

// Fields of Integration.
func (Integration) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("provider").Values("vapi", "twilio", "google_calendar", "resend", "elevenlabs").Immutable(),
		field.Enum("status").Values("connected", "disconnected", "error").Default("disconnected"),
		field.JSON("settings", map[string]any{}),
		field.Bytes("credentials").Optional().Sensitive(),
		field.String("credentials_hint").Optional().Nillable(),
		field.Bytes("webhook_key_hash").Optional().Sensitive(),
		field.JSON("webhook_auth", map[string]any{}).Optional().Sensitive(),
		field.Bytes("webhook_secret").Optional().Sensitive(),
		field.Time("last_checked_at").Optional().Nillable(),
	}
}
