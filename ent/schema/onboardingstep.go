package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// OnboardingStep is one step of an onboarding: what was tried, and what came of it.
type OnboardingStep struct{ ent.Schema }

// Annotations of OnboardingStep.
func (OnboardingStep) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("onboarding_steps")}
}

// Mixin of OnboardingStep.
func (OnboardingStep) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.Onboarding}}
}

// Fields of OnboardingStep.
func (OnboardingStep) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Immutable(),
		field.Int("place").Immutable(),
		field.Enum("status").Values("trying", "done", "undoing", "undone"),
		field.Int("attempts").Default(0),
		field.JSON("result", json.RawMessage{}),
		field.String("last_error").Optional().Nillable(),
		field.Time("done_at").Optional().Nillable(),
	}
}
