package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/policy"
)

// AuditDecision is the record of one decision. The database alone writes it.
type AuditDecision struct{ ent.Schema }

// Annotations of AuditDecision.
func (AuditDecision) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("audit_decisions")}
}

// Mixin of AuditDecision.
func (AuditDecision) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Platform{Resource: policy.AuditDecision}}
}

// Fields of AuditDecision.
func (AuditDecision) Fields() []ent.Field {
	return []ent.Field{
		field.String("chain").Immutable(),
		field.Int64("seq").Immutable(),
		field.UUID("org_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.Time("at").Immutable(),
		field.String("request_id").Immutable(),
		field.String("trace_id").Immutable().Default(""),
		field.UUID("subject_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("subject_kind").Immutable(),
		field.String("credential_type").Immutable().Default(""),
		field.String("credential_id").Immutable().Default(""),
		field.String("action").Immutable(),
		field.String("resource").Immutable(),
		field.String("operation").Immutable().Default(""),
		field.Other("asked_org_ids", pgarray.UUIDs{}).SchemaType(uuidArray).Immutable(),
		field.Other("org_ids", pgarray.UUIDs{}).SchemaType(uuidArray).Immutable(),
		field.Bool("wide").Immutable().Default(false),
		field.Bool("allow").Immutable(),
		field.String("reason").Immutable(),
		field.JSON("masks", map[policy.Resource][]string{}).Immutable(),
		field.Int("row_count").Optional().Nillable().Immutable(),
		field.String("revision").Immutable(),
		field.String("body").Immutable(),
		field.Bytes("prev_hash").Immutable(),
		field.Bytes("hash").Immutable(),
	}
}
