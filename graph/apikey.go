package graph

import (
	"slices"
	"strings"
	"time"

	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// maxScopes bounds a key's list: every row type with every action fits.
const maxScopes = 200

// readScopes reads what a key is to be good for. In its own clinic the policy
// never lets a key do more than staff may, whatever its scopes say; here only
// words that mean nothing are refused.
func readScopes(in model.CreateAPIKeyInput, now time.Time) (pgarray.Text, error) {
	if given(&in.Name) == nil {
		return nil, fault.New(fault.BadUserInput, "name must not be empty.").With("field", "name")
	}
	if err := checkTexts(text{"name", &in.Name, 100}); err != nil {
		return nil, err
	}
	if in.ExpiresAt != nil && !in.ExpiresAt.After(now) {
		return nil, fault.New(fault.BadUserInput, "expiresAt must be in the future.").With("field", "expiresAt")
	}
	if len(in.Scopes) == 0 || len(in.Scopes) > maxScopes {
		return nil, fault.New(fault.BadUserInput, "Give a key 1 to %d scopes.", maxScopes).With("field", "scopes")
	}
	for _, scope := range in.Scopes {
		resource, action, _ := strings.Cut(scope, ":")
		known := slices.Contains([]policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete}, policy.Action(action))
		if !policy.Resource(resource).Known() || !known {
			return nil, fault.New(fault.BadUserInput,
				"A scope is <row type>:<action>, such as call:read; actions are read, create, update and delete.").With("field", "scopes")
		}
	}
	return distinct(slices.Clone(in.Scopes)), nil
}
