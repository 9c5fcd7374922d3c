package page

import (
	"encoding/json"
	"io"

	"github.com/99designs/gqlgen/graphql"

	"github.com/voxanne/cascade/graph/fault"
)

// MarshalMap writes the scalar Map.
func MarshalMap(object map[string]any) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		text, err := json.Marshal(object)
		if err != nil {
			text = []byte("null") // what came from JSON always marshals
		}
		_, _ = w.Write(text)
	})
}

// UnmarshalMap reads the scalar Map. Its error says what is wanted and quotes
// nothing: a map may hold secrets.
func UnmarshalMap(v any) (map[string]any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fault.New(fault.BadUserInput, "A Map is a JSON object.")
	}
	return object, nil
}
