package graph

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/privacy"
	"github.com/voxanne/cascade/policy"
)

// maskable is what every generated row has.
type maskable interface{ Mask(field string) }

// shown is what a mutation shows of the row that it wrote: nothing to whoever
// may write rows and not read them, else the row without what the decisions
// hide. Queries see to that by themselves; a row that comes back from a change
// has passed none.
func shown[T maskable](ctx context.Context, r policy.Resource, row T) T {
	var none T
	scope, err := policy.ScopeFrom(ctx)
	if err != nil || !scope.May(policy.Read, r) {
		return none
	}
	for _, field := range scope.Masked(r) {
		row.Mask(field)
	}
	return row
}

// current reads the row that a mutation is about, as it is now. One that is not
// there or not theirs is the NOT_FOUND of the mutation's action; whoever may not
// read such rows is refused for that.
func current[T any](
	ctx context.Context, r *Resolver, action policy.Action, resource policy.Resource, id uuid.UUID,
	get func(context.Context, uuid.UUID) (*T, error),
) (*T, error) {
	found, err := get(ctx, id)
	switch {
	case errors.Is(err, privacy.Deny):
		return nil, errors.Join(decidedFrom(ctx).decisions[need{policy.Read, resource}].Err(), err)
	case err != nil:
		return nil, r.absent(ctx, err, action, resource, id)
	}
	return found, nil
}
