package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// BreakGlassSession lets one of the support staff into one clinic, for an hour at most.
type BreakGlassSession struct{ ent.Schema }

// Annotations of BreakGlassSession.
func (BreakGlassSession) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("break_glass_sessions")}
}

// Mixin of BreakGlassSession.
func (BreakGlassSession) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.BreakGlassSession}}
}

// Fields of BreakGlassSession.
func (BreakGlassSession) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uuid.UUID{}).Immutable(),
		field.String("reason").Immutable(),
		field.String("ticket").Immutable(),
		field.Int("minutes").Immutable(),
		field.UUID("approved_by", uuid.UUID{}).Optional().Nillable(),
		field.Time("starts_at").Optional().Nillable(),
		field.Time("expires_at").Optional().Nillable(),
		field.Time("ended_at").Optional().Nillable(),
	}
}
