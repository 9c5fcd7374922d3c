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

// IdempotencyKey remembers what a mutation answered, so that it is not done twice.
type IdempotencyKey struct{ ent.Schema }

// Annotations of IdempotencyKey.
func (IdempotencyKey) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("idempotency_keys")}
}

// Mixin of IdempotencyKey.
func (IdempotencyKey) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Owned{Resource: policy.IdempotencyKey}}
}

// Fields of IdempotencyKey.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("principal_id", uuid.UUID{}).Immutable(),
		field.String("key").Immutable(),
		field.String("operation").Immutable(),
		field.Bytes("fingerprint").Immutable(),
		field.JSON("response", json.RawMessage{}).Optional(),
		field.Time("expires_at").Immutable(),
	}
}
