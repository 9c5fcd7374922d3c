package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// PolicyApproval is a second person's word on a revision.
type PolicyApproval struct{ ent.Schema }

// Annotations of PolicyApproval.
func (PolicyApproval) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("policy_approvals")}
}

// Mixin of PolicyApproval.
func (PolicyApproval) Mixin() []ent.Mixin {
	return []ent.Mixin{Row{}, Created{}, Platform{Resource: policy.PolicyRevision}}
}

// Fields of PolicyApproval.
func (PolicyApproval) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("revision_id", uuid.UUID{}).Immutable(),
		field.UUID("approver_id", uuid.UUID{}).Immutable(),
		field.Enum("verdict").Values("approved", "rejected").Immutable(),
		field.String("note").Immutable().Default(""),
	}
}
