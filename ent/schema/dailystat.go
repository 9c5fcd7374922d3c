package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/voxanne/cascade/policy"
)

// DailyStat is the sum of one local day of a clinic, kept by the database itself.
type DailyStat struct{ ent.Schema }

// Annotations of DailyStat.
func (DailyStat) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("org_daily_stats")}
}

// Mixin of DailyStat.
func (DailyStat) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Owned{Resource: policy.CallStats}}
}

// Fields of DailyStat.
func (DailyStat) Fields() []ent.Field {
	return []ent.Field{
		field.Time("day").SchemaType(dateColumn).Immutable(),
		field.Int("total").Immutable().Default(0),
		field.Int("inbound").Immutable().Default(0),
		field.Int("outbound").Immutable().Default(0),
		field.Int("web").Immutable().Default(0),
		field.Int("in_progress").Immutable().Default(0),
		field.Int("completed").Immutable().Default(0),
		field.Int("missed").Immutable().Default(0),
		field.Int("transferred").Immutable().Default(0),
		field.Int("voicemail").Immutable().Default(0),
		field.Int("failed").Immutable().Default(0),
		field.Int("cancelled").Immutable().Default(0),
		field.Int("unknown").Immutable().Default(0),
		field.Int("timed").Immutable().Default(0),
		field.Int64("duration_seconds").Immutable().Default(0),
		field.Int("positive").Immutable().Default(0),
		field.Int("neutral").Immutable().Default(0),
		field.Int("negative").Immutable().Default(0),
		field.Int("scored").Immutable().Default(0),
		field.Int64("sentiment_score").Immutable().Default(0),
		field.Int("booked").Immutable().Default(0),
		field.Int64("cost_micros").Immutable().Default(0),
	}
}
