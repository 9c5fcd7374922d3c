package rule

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	entgo "entgo.io/ent"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/policy"
)

// maskable is what every generated row type has.
type maskable interface{ Mask(field string) }

// Masks empties, in every row that a query of type r returns, the fields that
// the scope's decisions hide. A query that asks for the values of such a field
// alone, past the rows, is refused.
func Masks(r policy.Resource) ent.Interceptor {
	return ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			scope, err := policy.ScopeFrom(ctx)
			if err != nil {
				return nil, err
			}
			fields := scope.Masked(r)
			if len(fields) == 0 {
				return next.Query(ctx, q)
			}
			if asked := entgo.QueryFromContext(ctx); asked != nil && asked.Op != entgo.OpQueryAll {
				for _, f := range asked.Fields {
					if slices.Contains(fields, f) {
						return nil, fmt.Errorf("%s.%s is masked", r, f)
					}
				}
			}
			v, err := next.Query(ctx, q)
			if err != nil {
				return nil, err
			}
			mask(v, fields)
			return v, nil
		})
	})
}

// mask empties fields in v: one row, or a slice of rows. Anything else (a
// count, ids) holds no field.
func mask(v ent.Value, fields []string) {
	if row, ok := v.(maskable); ok {
		for _, f := range fields {
			row.Mask(f)
		}
		return
	}
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice {
		return
	}
	for i := range list.Len() {
		if row, ok := reflect.TypeAssert[maskable](list.Index(i)); ok {
			for _, f := range fields {
				row.Mask(f)
			}
		}
	}
}
