package rule

import (
	"context"
	"fmt"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/intercept"
	"github.com/voxanne/cascade/ent/privacy"
	"github.com/voxanne/cascade/policy"
)

// Platform is the rule of rows that no org owns: a scope that reads the type
// in every org reads them; nobody writes them through ent.
func Platform(r policy.Resource) privacy.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.QueryRuleFunc(func(ctx context.Context, _ ent.Query) error {
			scope, err := policy.ScopeFrom(ctx)
			if err != nil {
				return denied(err)
			}
			if !scope.Wide(r) {
				return denied(fmt.Errorf("no decision lets this scope read %s", r))
			}
			return privacy.Allow
		})},
		Mutation: never(),
	}
}

// Records is the rule of decision records: an org's own, and those about
// several orgs that name it; nobody writes them through ent.
func Records() privacy.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.QueryRuleFunc(func(ctx context.Context, q ent.Query) error {
			scope, err := policy.ScopeFrom(ctx)
			if err != nil {
				return denied(err)
			}
			if scope.Wide(policy.AuditDecision) {
				return privacy.Allow
			}
			orgs := scope.Orgs(policy.Read, policy.AuditDecision)
			if len(orgs) == 0 {
				return denied(fmt.Errorf("no decision lets this scope read %s", policy.AuditDecision))
			}
			iq, err := intercept.NewQuery(q)
			if err != nil {
				return denied(err)
			}
			iq.WhereP(func(s *entsql.Selector) {
				shared := entsql.Table("audit_decision_orgs")
				ids := entsql.Dialect(s.Dialect()).Select(shared.C("decision_id")).From(shared)
				ids.Where(orgPredicate(shared.C("org_id"), orgs))
				s.Where(entsql.Or(orgPredicate(s.C("org_id"), orgs), entsql.In(s.C("id"), ids)))
			})
			return privacy.Allow
		})},
		Mutation: never(),
	}
}

// Self is the rule of login identities: a person sees their own.
func Self() privacy.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.QueryRuleFunc(func(ctx context.Context, q ent.Query) error {
			scope, err := policy.ScopeFrom(ctx)
			if err != nil {
				return denied(err)
			}
			iq, err := intercept.NewQuery(q)
			if err != nil {
				return denied(err)
			}
			iq.WhereP(func(s *entsql.Selector) { s.Where(entsql.EQ(s.C("id"), scope.Subject().ID)) })
			return privacy.Allow
		})},
		Mutation: never(),
	}
}

func never() privacy.MutationPolicy {
	return privacy.MutationPolicy{privacy.AlwaysDenyRule()}
}
