package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/policy"
)

// WebhookEndpoint is where a clinic or partner wants to be told of events.
type WebhookEndpoint struct{ ent.Schema }

// Annotations of WebhookEndpoint.
func (WebhookEndpoint) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("webhook_endpoints")}
}

// Mixin of WebhookEndpoint.
func (WebhookEndpoint) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.WebhookEndpoint}}
}

// Fields of WebhookEndpoint.
func (WebhookEndpoint) Fields() []ent.Field {
	return []ent.Field{
		field.String("url"),
		field.String("description").Default(""),
		field.Other("events", pgarray.Text{}).SchemaType(textArray),
		field.Bytes("secret").Sensitive(),
		field.Bool("enabled").Default(true),
		field.Time("disabled_at").Optional().Nillable(),
		field.String("disabled_reason").Optional().Nillable(),
	}
}
