// Package domain lists the values that each field of a question may take: what
// the lattice enumerates and what a perturbation changes a field to.
//
// A test holds the lists against the constants of package policy, so that a new
// role or credential cannot be left out.
package domain

import (
	"slices"

	"github.com/voxanne/cascade/policy"
)

// Kinds are the kinds of subject.
func Kinds() []policy.Kind {
	return []policy.Kind{
		policy.Member, policy.Partner, policy.Support, policy.Security, policy.Auditor, policy.Operator, policy.System,
	}
}

// Roles are a member's roles, from most to least.
func Roles() []policy.Role {
	return []policy.Role{policy.Owner, policy.Admin, policy.Staff, policy.Viewer}
}

// Statuses are those of an organization; the first may be served.
func Statuses() []policy.OrgStatus {
	return []policy.OrgStatus{policy.OrgActive, policy.OrgSuspended, policy.OrgClosed}
}

// Credentials are the types of credential.
func Credentials() []policy.CredentialType {
	return []policy.CredentialType{policy.JWT, policy.Key, policy.OAuth2, policy.Webhook, policy.Job}
}

// Actions are all actions, from least to most.
func Actions() []policy.Action {
	return []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete, policy.Ingest}
}

// Resources are all row types, by name.
func Resources() []policy.Resource {
	all := policy.Resources()
	slices.Sort(all)
	return all
}

// Scope is what a credential needs in order to act.
func Scope(a policy.Action, r policy.Resource) string { return string(r) + ":" + string(a) }

// After is the element that follows v in all, and the first for the last: some
// other value than v.
func After[T comparable](all []T, v T) T { return all[(slices.Index(all, v)+1)%len(all)] }
