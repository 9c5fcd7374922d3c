package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// ToolCall is what one thing came to that the assistant asked for during a call.
type ToolCall struct{ ent.Schema }

// Annotations of ToolCall.
func (ToolCall) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("tool_calls")}
}

// Mixin of ToolCall.
func (ToolCall) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.WebhookMessage}}
}

// Fields of ToolCall.
func (ToolCall) Fields() []ent.Field {
	return []ent.Field{
		field.String("provider").Immutable(),
		field.String("provider_call_id").Immutable(),
		field.String("tool_call_id").Immutable(),
		field.String("name").Immutable(),
		field.String("code").Optional().Nillable(),
		field.String("answer").Optional().Nillable(),
	}
}
