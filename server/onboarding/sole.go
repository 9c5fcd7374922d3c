package onboarding

import (
	"cmp"
	"context"
	"slices"

	"github.com/voxanne/cascade/server/provider"
)

// thing is something elsewhere that must exist once: how it is found by the name
// that is this onboarding's own, made, told apart and given back.
type thing[T any] struct {
	find func(ctx context.Context) ([]T, error)
	make func(ctx context.Context) (T, error)
	id   func(T) string
	drop func(ctx context.Context, id string) error
}

// sole is the one that there is, made now or before. Of several, which a proxy
// that repeats a request or two workers can make, the first by id stays and the
// others are given back. It is made at most once.
func (t thing[T]) sole(ctx context.Context) (none T, err error) {
	if there, found, err := t.only(ctx); found || err != nil {
		return there, err
	}
	made, failed := t.make(ctx)
	// Whatever the answer says, what counts is what is there: one that was lost
	// or repeated is an error for something that was done.
	there, found, err := t.only(ctx)
	switch {
	case found && err == nil:
		return there, nil
	case failed == nil && err == nil:
		return made, nil // not listed yet
	case failed == nil:
		return none, err // and the next attempt finds it
	default:
		return none, failed
	}
}

// only looks, and gives back all but one.
func (t thing[T]) only(ctx context.Context) (none T, found bool, err error) {
	all, err := t.find(ctx)
	if err != nil || len(all) == 0 {
		return none, false, err
	}
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(t.id(a), t.id(b)) })
	for _, extra := range all[1:] {
		if err := t.drop(ctx, t.id(extra)); err != nil {
			return none, false, err
		}
	}
	return all[0], true, nil
}

// none gives all of them back.
func (t thing[T]) none(ctx context.Context) error {
	all, err := t.find(ctx)
	if provider.KindOf(err) == provider.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	for _, each := range all {
		if err := t.drop(ctx, t.id(each)); err != nil {
			return err
		}
	}
	return nil
}
