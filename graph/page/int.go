package page

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/voxanne/cascade/graph/fault"
)

// MarshalInt writes the scalar Int.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads the scalar Int, which has 32 bits (GraphQL specification,
// section 3.5.1). A larger one is the asker's fault here, and would be ours where
// the database refuses it.
func UnmarshalInt(v any) (int, error) {
	n, err := graphql.UnmarshalInt32(v)
	if err != nil {
		return 0, fault.New(fault.BadUserInput, "An Int is a whole number from -2147483648 to 2147483647.")
	}
	return int(n), nil
}
