// Package rule holds the privacy rules: which rows of a type a scope reaches.
//
// ent's privacy is open by default (rules that all skip end in allow), so each
// type has exactly one rule, which either narrows and allows or denies.
package rule

import (
	"context"
	"fmt"
	"slices"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/intercept"
	"github.com/voxanne/cascade/ent/privacy"
	"github.com/voxanne/cascade/policy"
)

// Owned is the rule of rows that belong to an org: reads and writes reach the
// orgs that a decision gave for resource r, and no others. column is the one
// that names the org.
func Owned(r policy.Resource, column string) privacy.Policy {
	return privacy.Policy{Query: reads(r, column), Mutation: writes(r, column)}
}

func reads(r policy.Resource, column string) privacy.QueryPolicy {
	return privacy.QueryPolicy{privacy.QueryRuleFunc(func(ctx context.Context, q ent.Query) error {
		scope, err := policy.ScopeFrom(ctx)
		if err != nil {
			return denied(err)
		}
		if scope.Wide(r) {
			return privacy.Allow
		}
		orgs := scope.Orgs(policy.Read, r)
		if len(orgs) == 0 {
			return denied(fmt.Errorf("no decision lets this scope read %s", r))
		}
		iq, err := intercept.NewQuery(q)
		if err != nil {
			return denied(err)
		}
		iq.WhereP(orgIn(column, orgs))
		return privacy.Allow
	})}
}

// narrowable is what every generated mutation of an update or delete has.
type narrowable interface {
	WhereP(...func(*entsql.Selector))
}

func writes(r policy.Resource, column string) privacy.MutationPolicy {
	return privacy.MutationPolicy{privacy.MutationRuleFunc(func(ctx context.Context, m ent.Mutation) error {
		scope, err := policy.ScopeFrom(ctx)
		if err != nil {
			return denied(err)
		}
		action := actionOf(m.Op())
		orgs := scope.Orgs(action, r)
		if len(orgs) == 0 {
			return denied(fmt.Errorf("no decision lets this scope %s %s", action, r))
		}
		if action == policy.Create {
			v, _ := m.Field(column)
			org, ok := v.(uuid.UUID)
			if !ok || !slices.Contains(orgs, org) {
				return denied(fmt.Errorf("creating %s outside its decision", r))
			}
			return privacy.Allow
		}
		n, ok := m.(narrowable)
		if !ok {
			return denied(fmt.Errorf("%s cannot be narrowed", r))
		}
		n.WhereP(orgIn(column, orgs))
		return privacy.Allow
	})}
}

func actionOf(op ent.Op) policy.Action {
	switch {
	case op.Is(ent.OpCreate):
		return policy.Create
	case op.Is(ent.OpUpdate | ent.OpUpdateOne):
		return policy.Update
	default:
		return policy.Delete
	}
}

// orgIn narrows to orgs.
func orgIn(column string, orgs []uuid.UUID) func(*entsql.Selector) {
	return func(s *entsql.Selector) { s.Where(orgPredicate(s.C(column), orgs)) }
}

// Readable holds rows of r that a statement joins to what the scope reads: what
// the type's own rule does for a query of it. No decision holds them to nothing.
func Readable(scope policy.Scope, r policy.Resource, column string) *entsql.Predicate {
	if scope.Wide(r) {
		return entsql.Not(entsql.False())
	}
	return orgPredicate(column, scope.Orgs(policy.Read, r))
}

// orgPredicate compares a column with orgs. One org is an equality, which the
// planner needs to keep the order of an index that starts with it.
func orgPredicate(column string, orgs []uuid.UUID) *entsql.Predicate {
	if len(orgs) == 1 {
		return entsql.EQ(column, orgs[0])
	}
	args := make([]any, len(orgs))
	for i, org := range orgs {
		args[i] = org
	}
	return entsql.In(column, args...)
}

func denied(err error) error { return fmt.Errorf("%w: %w", err, privacy.Deny) }
