package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// WebhookMessage is what a provider told us, without its secrets.
type WebhookMessage struct{ ent.Schema }

// Annotations of WebhookMessage.
func (WebhookMessage) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("webhook_inbox")}
}

// Mixin of WebhookMessage.
func (WebhookMessage) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.WebhookMessage}}
}

// Fields of WebhookMessage.
func (WebhookMessage) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("integration_id", uuid.UUID{}).Immutable(),
		field.String("provider").Immutable(),
		field.String("event_key").Immutable(),
		field.String("event_type").Immutable(),
		field.String("provider_call_id").Optional().Nillable().Immutable(),
		field.JSON("body", json.RawMessage{}).Immutable(),
		field.Time("received_at").Immutable(),
		field.Time("applied_at").Optional().Nillable(),
		field.Int("attempts").Default(0),
		field.String("last_error").Optional().Nillable(),
	}
}
