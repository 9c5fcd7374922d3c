package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/mixin"

	"github.com/voxanne/cascade/ent/rule"
	"github.com/voxanne/cascade/policy"
)

// Platform makes a row type the platform's: no org owns it.
type Platform struct {
	mixin.Schema
	Resource policy.Resource
}

// Policy of Platform: organizations are reached by their own id, records by
// the orgs they name, the rest by those who read every org.
func (p Platform) Policy() ent.Policy {
	switch p.Resource {
	case policy.Organization:
		return rule.Owned(p.Resource, "id")
	case policy.AuditDecision:
		return rule.Records()
	default:
		return rule.Platform(p.Resource)
	}
}

// Self makes a row type visible to the person it is about, and nobody else.
type Self struct{ mixin.Schema }

// Policy of Self.
func (Self) Policy() ent.Policy { return rule.Self() }
