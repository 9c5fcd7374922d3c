package schema

import (
	"encoding/json"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Onboarding is a clinic's way from a form to a number that is answered.
type Onboarding struct{ ent.Schema }

// Annotations of Onboarding.
func (Onboarding) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("onboardings")}
}

// Mixin of Onboarding.
func (Onboarding) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Onboarding}}
}

// Fields of Onboarding.
func (Onboarding) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("status").Values("running", "ready", "undoing", "failed").Default("running"),
		field.Enum("waits_for").Values("verification", "spending_limit").Optional().Nillable(),
		field.JSON("request", json.RawMessage{}).Immutable(),
		field.Bytes("secrets").Optional().Sensitive(),
		field.Time("verified_at").Optional().Nillable().Immutable(),
		field.Int64("spend_limit_minor").Optional().Nillable().Immutable(),
		field.String("failure").Optional().Nillable(),
		field.Time("next_attempt_at").Default(time.Now),
		field.UUID("lease_token", uuid.UUID{}).Optional().Nillable(),
		field.Time("lease_expires_at").Optional().Nillable(),
		field.Time("finished_at").Optional().Nillable(),
	}
}
