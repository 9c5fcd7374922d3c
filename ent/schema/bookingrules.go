package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/ent/booking"
	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/policy"
)

// BookingRules is when a clinic can be booked, and for how long; one a clinic.
type BookingRules struct{ ent.Schema }

// Annotations of BookingRules.
func (BookingRules) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("booking_rules")}
}

// Mixin of BookingRules.
func (BookingRules) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Times{}, Owned{Resource: policy.BookingRules}}
}

// Fields of BookingRules.
func (BookingRules) Fields() []ent.Field {
	return []ent.Field{
		field.JSON("hours", map[string]any{}),
		field.JSON("services", []booking.Service{}),
		field.Other("calendars", pgarray.Text{}).SchemaType(textArray),
		field.Int("slot_minutes").Default(30),
		field.Int("buffer_minutes").Default(0),
		field.Int("lead_minutes").Default(60),
		field.Int("horizon_days").Default(60),
	}
}
