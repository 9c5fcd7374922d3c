package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rule"
	"github.com/voxanne/cascade/policy"
)

// Owned makes a row type belong to an org: it has org_id, which never changes,
// every query and mutation of it is narrowed to the orgs that a decision gave
// for its resource type, and masked fields come back empty.
type Owned struct {
	mixin.Schema
	Resource policy.Resource
}

// Fields of Owned.
func (Owned) Fields() []ent.Field {
	return []ent.Field{field.UUID("org_id", uuid.UUID{}).Immutable()}
}

// Policy of Owned.
func (o Owned) Policy() ent.Policy { return rule.Owned(o.Resource, "org_id") }

// Interceptors of Owned.
func (o Owned) Interceptors() []ent.Interceptor { return []ent.Interceptor{rule.Masks(o.Resource)} }
